// Writes cuts.json beside it: what browsers send that cut characters in two, where the caret of no editor would stand. Run once, where
// yjs is installed: node cuts.mjs
import { writeFileSync } from "node:fs"
import * as Y from "yjs"

let seed = 7
const random = (below) => {
  seed = (Math.imul(seed, 1103515245) + 12345) % 2147483648
  return Math.abs(seed >> 8) % below
}
const pick = (choices) => choices[random(choices.length)]
let marks = 0
const WORDS = ["👩", "👩‍👩‍👧", "𝒳𝒴", "a👋b", "x"]

function edit(doc) {
  const text = doc.getText("content"), at = random(text.length + 1)
  const size = Math.min(1 + random(3), text.length - at)
  pick([
    () => text.insert(at, pick(WORDS)),
    () => text.insert(at, pick(WORDS)),
    () => text.insert(at, pick(WORDS), { bold: pick([true, null, "\ud83d"]), "b\ud83d": true }),
    () => text.insertEmbed(at, { image: "\udc69", "\ud83d": ["\ud83d\udc69", "\\ud83d"] }),
    // Always another value: where there is nothing to be changed, Yjs cuts its own copy and tells nobody.
    () => size > 0 && text.format(at, size, { italic: (marks += 1) }),
    () => size > 0 && text.delete(at, size),
    () => doc.getMap("map").set("k\ud83d", "\udc69"),
  ])()
}

const base64 = (update) => Buffer.from(update).toString("base64")
const sync = (docs) => {
  for (const to of docs) for (const from of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), "remote")
}
const scenarios = []
for (let number = 0; number < 16; number++) {
  const docs = [1, 2, 3].map((n) => Object.assign(new Y.Doc({ gc: number % 3 !== 2 }), { clientID: 100 * number + n }))
  const updates = []
  for (const doc of docs) doc.on("update", (update, origin) => { if (origin !== "remote") updates.push(update) })
  for (let step = 0; step < 12 + 2 * number; step++) {
    const doc = pick(docs)
    doc.transact(() => { for (let i = 0; i <= random(3); i++) edit(doc) })
    if (random(3) === 0) sync([doc, pick(docs)])
  }
  sync(docs)
  sync(docs)
  const texts = new Set(docs.map((doc) => doc.getText("content").toString()))
  if (texts.size > 1) throw new Error("the browsers differ among themselves")
  scenarios.push({
    updates: updates.map(base64), states: [base64(Y.encodeStateAsUpdate(docs[0]))],
    ends: Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(docs[0]))), text: [...texts][0],
  })
}
writeFileSync(new URL("cuts.json", import.meta.url), JSON.stringify(scenarios, null, 0).replaceAll("},{", "},\n{") + "\n")
