/*
  Reading aloud with the voices of this device. An element with data-aloud="id id" is hidden until there is a voice for the language of
  the elements with these ids. In it:
    data-read   button that reads them, block by block in order; pressed while it reads; pressed again it pauses, and goes on later
                with the block it was in
    data-stop   button, there while something is left to read: the next time it begins from the start
  It stops when one leaves. No text leaves the device: voices that work over the network are not used, and what is in a language
  without another voice is passed over. So is what somebody has written: it is theirs alone, and others may hear.
*/
const speech = window.speechSynthesis;
const plain = (language) => language.toLowerCase().replace(/^(no|nn)\b/, "nb").split(/[-_]/)[0];
const languageOf = (element) => element.closest("[lang]").lang;
const voiceFor = (language) =>
  speech.getVoices().find((voice) => voice.localService && plain(voice.lang) === plain(language));

/* What is read of an element: [text, language] for each block, and for a change of language within one. */
const partsOf = (target) => {
  const parts = [];
  const lists = new Set(); // the same choices in one select after the other are read once
  let last;
  const walker = document.createTreeWalker(target, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("[hidden], [popover], textarea, details:not([open]) > :not(summary)")) continue;
    const select = element.closest("select");
    if (select) {
      if (!element.value || lists.has(select.textContent + element.value)) continue;
      lists.add(select.textContent + element.value);
    }
    let block = element;
    while (block !== target && /^(inline|contents)/.test(getComputedStyle(block).display)) block = block.parentElement;
    const language = languageOf(element);
    if (last?.block === block && last.language === language) last.text += node.data;
    else parts.push((last = { block, language, text: node.data }));
  }
  return parts;
};

for (const place of document.querySelectorAll("[data-aloud]")) {
  const targets = place.dataset.aloud.split(" ").map((id) => document.getElementById(id));
  const read = place.querySelector("[data-read]");
  const stop = place.querySelector("[data-stop]");
  let parts = [];
  let run = 0; // what was cancelled must not go on with the next block
  const show = (reading) => {
    const focused = document.activeElement === stop;
    read.setAttribute("aria-pressed", reading);
    stop.hidden = !parts.length;
    if (focused && stop.hidden) read.focus(); // a button that is gone takes the focus with it
  };
  const next = () => {
    const mine = ++run;
    while (parts.length && !voiceFor(parts[0].language)) parts.shift();
    show(parts.length > 0);
    if (!parts.length) return;
    const said = new SpeechSynthesisUtterance(parts[0].text.replace(/\s+/g, " ").trim());
    said.lang = parts[0].language;
    said.voice = voiceFor(said.lang);
    said.onend = said.onerror = () => {
      if (mine !== run) return;
      parts.shift();
      next();
    };
    speech.speak(said);
  };
  const pause = () => {
    run++;
    speech.cancel();
    show(false);
  };
  const end = () => {
    parts = [];
    pause();
  };
  read.addEventListener("click", () => {
    if (read.getAttribute("aria-pressed") === "true") return pause();
    if (!parts.length) parts = targets.flatMap(partsOf);
    next();
  });
  stop.addEventListener("click", end);
  addEventListener("pagehide", end);
  document.addEventListener("click", (event) => event.target.closest("[data-continue]") && end());
  document.addEventListener("submit", end);
  const offer = () => (place.hidden = !voiceFor(languageOf(targets[0])));
  speech?.addEventListener("voiceschanged", offer);
  if (speech) offer();
}
