// A picture, encrypted by each pair, and sixteen buttons for the key that it is decrypted with.
import { bitsWrong, blocksOf, bytesOf, distinct, flipped, inFours, randomBits } from "./bits.js";
import { Pair } from "./networks.js";
import {
  asPicture,
  button,
  control,
  element,
  ownPicture,
  percent,
  pictureRow,
  row,
  statusLine,
} from "./page.js";

const LONGEST = 256; // pixels of a side of one's own picture: so large, an answer is there at once

const KEYS = {
  "The right key": (_, right) => right,
  "Random key": () => randomBits(16),
  "Flip one bit": (key) => flipped(key, parseInt(randomBits(4).join(""), 2)),
};

/** What one pair does with one picture: encrypts it once, then reads it under any key. */
function sending(pair, { bytes, width, height }, rightKey) {
  const [blocks, places] = distinct(blocksOf(bytes));
  const read = pair.reader(pair.encrypt(blocks, rightKey));
  const all = new Uint16Array(places.length);
  return (key) => {
    const found = read(key);
    for (let i = 0; i < all.length; i++) all[i] = found[places[i]];
    return { bytes: bytesOf(all, bytes.length), width, height };
  };
}

export default control(({ el, facts, choices: [chosen, change, follow] }) => {
  const rightKey = facts.right_key;
  const pairs = facts.pairs.map((pair) => new Pair(pair));
  const names = pairs.length > 1 ? pairs.map(({ name }) => name) : [""];
  const [frames, draws] = pictureRow(names, pairs.length > 1 ? 256 : 512);
  const bits = rightKey.map((_, i) => button("", () => change({ key: flipped(chosen().key, i) })));
  const sets = Object.entries(KEYS).map(([name, key]) =>
    button(name, () => change({ key: key(chosen().key, rightKey) })),
  );
  const [line, say] = statusLine();
  let picture, readers;

  function take(next) {
    picture = next;
    readers = pairs.map((pair) => sending(pair, picture, rightKey));
    show();
  }

  function show() {
    const { key } = chosen();
    bits.forEach((bit, i) => showBit(bit, i, key[i], key[i] !== rightKey[i]));
    const said = readers.map((read, p) => {
      const found = read(key);
      const share = `${percent(bitsWrong(found.bytes, picture.bytes))} of bits wrong`;
      draws[p](found, `${names[p] || "decrypted"}: ${share}`);
      return names[p] ? `${share} (${names[p]})` : share;
    });
    say(`${picture.said ?? ""} Decrypted with ${inFours(key)}, ${howFar(key)}: ${said.join(", ")}.`.trim());
  }

  function howFar(key) {
    const wrong = key.flatMap((bit, i) => (bit === rightKey[i] ? [] : [i]));
    if (!wrong.length) return "the right key";
    return wrong.length === 1 ? `bit ${wrong[0]} flipped` : `${wrong.length} bits flipped`;
  }

  el.append(
    element(
      "div",
      { class: "kit-key", role: "group", "aria-label": "The 16 bits of the key" },
      ...inBytes(bits),
    ),
    row(...sets, ownPicture(el, LONGEST, take, say)),
    frames,
    line,
  );
  take(asPicture(facts.picture));
  return follow(show);
});

/** A bit's button: which it is, and whether it is the right one; not by its colour alone. */
function showBit(bit, i, value, wrong) {
  bit.textContent = value;
  bit.setAttribute("aria-pressed", String(value === 1));
  bit.setAttribute("aria-label", `key bit ${i}, now ${value}${wrong ? ", not as in the right key" : ""}`);
  bit.classList.toggle("kit-other", wrong);
}

/** Two rows of eight, each under its number; one row where there is room. */
function inBytes(bits) {
  const numbered = bits.map((bit, i) =>
    element("div", { class: "kit-bit" }, element("span", { "aria-hidden": "true" }, String(i)), bit),
  );
  return [numbered.slice(0, 8), numbered.slice(8)].map((byte) => row(...byte));
}
