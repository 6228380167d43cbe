// One bit of a block, or of its key, is flipped: which bits of the ciphertext change, round by round.
import { flipped, ones, randomBits, signsOf, writtenBits } from "./bits.js";
import { Pair } from "./networks.js";
import { button, choice, control, element, row, slider, statusLine, tableHead } from "./page.js";

/** After each round: which bits of one block change, and how many of 16 on the average of all. */
function avalanche(alice, block, key, what, bit) {
  const mask = 0x8000 >> bit;
  const otherKey = what === "key" ? flipped(key, bit) : key;
  const all = Uint16Array.from({ length: 65536 }, (_, each) => each);
  const others = what === "key" ? all.slice() : all.map((each) => each ^ mask);
  const [left, right] = [alice.rounds(all, key), alice.rounds(others, otherKey)];
  const found = [];
  while (!left.next().done && !right.next().done) {
    let changed = 0;
    for (let i = 0; i < all.length; i++) changed += ones(all[i] ^ others[i]);
    found.push({ change: all[block] ^ others[block], mean: changed / all.length });
  }
  return found;
}

export default control(({ el, facts, choices: [chosen, change, follow] }) => {
  const pairs = new Map(facts.pairs.map((each) => [each.name, new Pair(each)]));
  const [names, pressName] = choice("pair", [...pairs.keys()], (pair) => change({ pair }));
  const [whats, pressWhat] = choice(
    "flip a bit of",
    [
      ["the block", "block"],
      ["the key", "key"],
    ],
    (what) => change({ what }),
  );
  const [bits, setBit] = slider("bit", 15, (bit) => change({ bit }));
  const caption = element("caption");
  const body = element("tbody");
  const head = tableHead("round", "bits that change", "of this block", "of all blocks, on average (of 16)");
  const [line, say] = statusLine();

  function show() {
    const { pair, what, bit, block } = chosen();
    pressName(pair);
    pressWhat(what);
    setBit(bit);
    const rounds = avalanche(pairs.get(pair).alice, block, facts.key, what, bit);
    caption.textContent = `The pair ${pair}, block ${writtenBits(block)}: bit ${bit} of the ${what} flipped`;
    body.replaceChildren(...rounds.map(lineOf));
    const last = rounds.at(-1);
    const here = `block ${writtenBits(block)} differs in ${ones(last.change)} of 16 bits`;
    const average = `the average of all blocks is ${last.mean.toFixed(2)}; coins would give 8.`;
    say(`${pair}, bit ${bit} of the ${what} flipped: after ${rounds.length} rounds ${here}, ${average}`);
  }

  const anyBlock = button("Another block, at random", () =>
    change({ block: parseInt(randomBits(16).join(""), 2) }),
  );
  el.append(
    names,
    whats,
    bits,
    row(anyBlock),
    element("div", { class: "kit-wide" }, element("table", { class: "kit-rounds" }, caption, head, body)),
    line,
  );
  show();
  return follow(show);
});

/** A line of the table: the changed bits as filled boxes, and a bar as long as their average number. */
function lineOf({ change, mean }, i) {
  const boxes = Array.from(signsOf(change, 16), (sign) =>
    element("i", { class: sign > 0 ? "kit-on" : "kit-off" }),
  );
  const bar = element("i", { class: "kit-bar" });
  bar.style.width = `${mean / 2.5}em`;
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, String(i + 1)),
    element("td", { class: "kit-boxes", "aria-label": writtenBits(change) }, ...boxes),
    element("td", {}, String(ones(change))),
    element("td", {}, bar, ` ${mean.toFixed(2)}`),
  );
}
