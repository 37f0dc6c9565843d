/* What a form of a kept page holds: whether it is complete, and by which name the page that follows is found. */

/* As lms/catalogue/items/numbers.py reads it: comma or point, spaces between groups of three digits. */
export const isNumber = (text) =>
  text.trim().length <= 20 && /^[-+\u2212]?(\d+|\d{1,3}(\s+\d{3})+)([.,]\d+)?$/.test(text.trim());

export const isComplete = (form) =>
  (form.get("kept") ?? "").split(" ").every((name) => !name || form.getAll(name).some((value) => `${value}`.trim())) &&
  form.getAll("answer-number").every(isNumber);

export const canonical = (pairs) =>
  new URLSearchParams([...pairs].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))).toString();
