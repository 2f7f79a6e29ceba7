// Writes yjs.json beside it: what real browsers send, of every kind. Run once, where yjs is installed: node yjs.mjs
import { writeFileSync } from "node:fs"
import * as Y from "yjs"

let seed = 1
const random = (below) => {
  seed = (Math.imul(seed, 1103515245) + 12345) % 2147483648
  return Math.abs(seed >> 8) % below
}
const pick = (choices) => choices[random(choices.length)]
const WORDS = ["a", "word ", "\n", "é", "日本", "👩‍👩‍👧", "𝒳", "x".repeat(70)]
const VALUES = [null, undefined, true, false, 0, -1, 63, 64, -64, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 0.5, 0.1, -0, 1e300, NaN, Infinity,
  10n, -(2n ** 63n), "", "text 👋", [], [1, [2, [3, {}]]], {}, { a: { b: [null, "c"] } }, new Uint8Array([0, 255]), new Uint8Array(0), { deep: [undefined, 10n] }]
// A list takes neither of these, other than inside of something.
const ITEMS = VALUES.filter((value) => value !== undefined && typeof value !== "bigint")

function edit(doc) {
  const text = doc.getText("content"), list = doc.getArray("list"), map = doc.getMap("map"), xml = doc.getXmlFragment("prose")
  // Between characters, as editors do: Yjs replaces the halves of one that is cut.
  const units = text.toDelta().map((part) => (typeof part.insert === "string" ? part.insert : "-")).join("")
  const whole = (at) => (/[\udc00-\udfff]/.test(units[at] ?? "") ? at + 1 : at)
  const span = (size) => { const at = whole(random(text.length)); return [at, Math.max(0, whole(Math.min(text.length, at + size)) - at)] }
  const types = () => pick([() => new Y.Text("t"), () => new Y.Array(), () => new Y.Map(), () => new Y.XmlElement("p"), () => new Y.XmlText("x"),
    () => new Y.XmlFragment(), () => new Y.Doc({ guid: "sub", meta: { a: 1 } })])()
  const elements = () => [xml, ...xml.createTreeWalker((node) => node instanceof Y.XmlElement)]
  pick([
    () => text.insert(whole(random(text.length + 1)), pick(WORDS)),
    () => text.insert(whole(random(text.length + 1)), pick(WORDS), { bold: pick([true, null, { href: "#" }]) }),
    () => text.insertEmbed(whole(random(text.length + 1)), pick([{ image: "x" }, { n: null, s: "\u2028" }, 1])),
    () => text.length > 1 && text.format(...span(1), { italic: pick([true, null]) }),
    () => text.length > 3 && text.delete(...span(3)),
    () => list.insert(random(list.length + 1), [pick(ITEMS), pick(ITEMS)]),
    () => list.insert(random(list.length + 1), [types()]),
    () => list.length > 1 && list.delete(random(list.length - 1), 2),
    () => map.set(pick(["k", "key 🔑", ""]), pick(VALUES)),
    () => map.set(pick(["k", "l"]), types()),
    () => map.delete(pick(["k", "l"])),
    () => pick(elements()).push([pick([new Y.XmlElement("paragraph"), new Y.XmlText("words"), new Y.XmlElement("tableCell")])]),
    () => elements().slice(1).forEach((element) => element.setAttribute("level", pick([1, "2", true]))),
    () => { const parent = pick(elements()); if (parent.length) parent.delete(random(parent.length), 1) },
  ])()
}

const base64 = (update) => Buffer.from(update).toString("base64")
const scenarios = []
for (let number = 0; number < 12; number++) {
  const docs = [1, 2, 3].map((n) => {
    const doc = new Y.Doc({ gc: number % 3 !== 2 })
    if (n === 3) doc.clientID = 2 ** 53 - 1 - number
    return doc
  })
  const updates = []
  for (const doc of docs) doc.on("update", (update, origin) => { if (origin !== "remote") updates.push(update) })
  for (let step = 0; step < 50; step++) {
    const doc = pick(docs)
    doc.transact(() => { for (let i = 0; i <= random(4); i++) edit(doc) })
    if (random(4) === 0) {
      const other = pick(docs)
      Y.applyUpdate(other, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(other)), "remote")
    }
  }
  for (const to of docs) for (const from of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from), "remote")
  const states = docs.map((doc) => Y.encodeStateAsUpdate(doc))
  // With gaps: what an offline browser has aside is sent so.
  const gaps = [Y.mergeUpdates(updates.filter((_, i) => i % 2)), Y.mergeUpdates(updates.slice(-5)), Y.mergeUpdates([updates[0], updates[updates.length - 1]])]
  const aside = new Y.Doc()
  for (const update of updates.filter((_, i) => i % 3)) Y.applyUpdate(aside, update)
  gaps.push(Y.encodeStateAsUpdate(aside), Y.diffUpdate(states[0], Y.encodeStateVectorFromUpdate(updates[0])))
  scenarios.push({
    updates: updates.map(base64), states: states.map(base64), gaps: gaps.map(base64),
    ends: Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(docs[0]))), text: docs[0].getText("content").toString(),
  })
}
writeFileSync(new URL("yjs.json", import.meta.url), JSON.stringify(scenarios, null, 0).replaceAll("},{", "},\n{") + "\n")
