/*
  What is on this phone, in IndexedDB. All of it is somebody's: `person` is the key the server gives them.
    courses  kept as a whole: {person, course, title, edition, label, version, cache, bytes, kept, lessons, exam, is}
             lessons = the first step of each; is = "newer" where another version waits
             exam = {attempt, until, count, places (without an answer when it was handed out), done (answered since)}
    deeds    done without network and not sent yet, in order: {n, person, once, kind, client_id, at, …}; `once` is what
             there can be one of: the first answer to a question stays
    facts    person = who is signed in here; standing:<attempt> = how a test stands that was sent
*/
import { openDB } from "./idb.js";

const ON_DISK = { durability: "strict" }; // what is said to be saved outlives a browser that is killed
let opening;

/* Opened when it is needed, and once more after the browser has closed it. */
function storage() {
  const again = () => (opening = undefined);
  opening ??= openDB("kunnig", 1, { upgrade, terminated: again });
  opening.catch(again);
  return opening;
}

function upgrade(db) {
  db.createObjectStore("courses", { keyPath: ["person", "course"] });
  const deeds = db.createObjectStore("deeds", { keyPath: "n", autoIncrement: true });
  deeds.createIndex("person", "person");
  deeds.createIndex("once", ["person", "once"], { unique: true });
  db.createObjectStore("facts");
}

export const fact = async (name) => (await storage()).get("facts", name);
export const setFact = async (name, value) => (await storage()).put("facts", value, name);
export const person = () => fact("person");

export const everyCourse = async () => (await storage()).getAll("courses");
export const courses = async (whose) => (await everyCourse()).filter(({ person }) => person === whose);
export const course = async (whose, name) => (whose ? (await storage()).get("courses", [whose, name]) : undefined);
/* Change what is kept of a course, unless it has been removed or renewed meanwhile. */
export async function changeCourse({ person, course, cache }, change) {
  const changing = (await storage()).transaction("courses", "readwrite");
  const now = await changing.store.get([person, course]);
  if (now?.cache === cache) await changing.store.put({ ...now, ...change(now) });
  await changing.done;
}
export const putCourse = async (record) => (await storage()).put("courses", record);
export const dropCourse = async (whose, name) => (await storage()).delete("courses", [whose, name]);

export const unsent = async (whose) => (whose ? (await storage()).getAllFromIndex("deeds", "person", whose) : []);

/* Of everybody, but what the server cannot read. */
export async function everyDeed() {
  return (await (await storage()).getAll("deeds")).filter((deed) => !deed.person.startsWith("refused:"));
}

/*
  Whether the deed is on the disk now; false if there was one of the kind. It takes the place of the deed `over` where
  that is not sent yet: the words of one note, written once more. Throws if the phone cannot store it.
*/
export async function add(deed, over = 0) {
  const db = await storage();
  if (await db.getFromIndex("deeds", "once", [deed.person, deed.once])) return false;
  try {
    const change = db.transaction("deeds", "readwrite", ON_DISK);
    const earlier = over && (await change.store.get(over));
    const isSame = earlier?.person === deed.person && earlier.course === deed.course && earlier.item === deed.item;
    const now = isSame ? { ...deed, before: earlier.before } : deed;
    await Promise.all([isSame && change.store.delete(over), change.store.add(now), change.done]);
    return true;
  } catch (fault) {
    if (fault.name === "ConstraintError") return false; // another tab was faster
    throw fault;
  }
}

/* Forget deeds that have come, and remember which questions of a test they answered: both or neither. */
export async function sent(deeds) {
  const change = (await storage()).transaction(["deeds", "courses"], "readwrite", ON_DISK);
  for (const deed of deeds) {
    await change.objectStore("deeds").delete(deed.n);
    const record = await change.objectStore("courses").get([deed.person, deed.course]);
    if (deed.kind !== "answer" || record?.exam?.attempt !== deed.attempt) continue;
    record.exam.done.push(deed.place);
    await change.objectStore("courses").put(record);
  }
  await change.done;
}

/* Keep a deed that the server cannot read, without sending it again and again. */
export const refused = async (deed) => (await storage()).put("deeds", { ...deed, person: `refused:${deed.person}`, once: `${deed.once}/${deed.n}` });

/* Remember that a question of a kept test was answered with network. */
export const answered = (record, place) =>
  changeCourse(record, ({ exam }) => ({ exam: { ...exam, done: [...new Set([...exam.done, place])] } }));

/* Everything of everybody, but what is not sent yet: that waits for whose it is. */
export async function forget() {
  for (const name of await caches.keys()) if (!name.startsWith("kunnig-shell-")) await caches.delete(name);
  const change = (await storage()).transaction(["courses", "facts"], "readwrite"); // whose it was is known until all is gone
  await Promise.all([change.objectStore("courses").clear(), change.objectStore("facts").clear(), change.done]);
}

/* The first question of a kept test that has no answer, here or sent; 0 when all have one. */
export async function nextPlace(record) {
  const answered = new Set(record.exam.done);
  for (const deed of await unsent(record.person))
    if (deed.kind === "answer" && deed.attempt === record.exam.attempt) answered.add(deed.place);
  return record.exam.places.find((place) => !answered.has(place)) ?? 0;
}
