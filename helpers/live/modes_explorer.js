// A picture in three modes, and what one wrong bit of the ciphertext does in each.
import { blocksOf, bytesOf, ones, writtenBits } from "./bits.js";
import { MODES } from "./modes.js";
import { Rounds } from "./networks.js";
import {
  asPicture,
  button,
  choice,
  control,
  number,
  ownPicture,
  pictureRow,
  plural,
  row,
  slider,
  statusLine,
} from "./page.js";
import { squareAround, withFrame } from "./pictures.js";

const LONGEST = 104; // pixels: twice as large, four pictures stand side by side in a lesson
const AROUND = 16; // pixels of the enlarged part

export default control(({ el, facts, choices: [chosen, change, follow] }) => {
  const all = Uint16Array.from({ length: 65536 }, (_, block) => block);
  const table = new Rounds(facts.pair.alice).run(all.slice(), facts.key);
  const inverse = new Rounds(facts.pair.bob).run(all.slice(), facts.key);
  const [modes, pressMode] = choice("mode", Object.keys(MODES), (mode) => change({ mode }));
  const [flips, pressFlip] = choice(
    "on its way",
    [
      ["nothing happens", false],
      ["one bit is flipped", true],
    ],
    (flip) => change({ flip }),
  );
  const [places, setBlock, setMostBlocks] = slider("block", 0, (block) => change({ block, flip: true }));
  const [bitPlaces, setBit] = slider("bit", 15, (bit) => change({ bit, flip: true }));
  const [frames, draws] = pictureRow(["original", "encrypted", "decrypted", "the place, enlarged"], 208);
  const [line, say] = statusLine();
  let picture, blocks;

  function take(next) {
    [picture, blocks] = [next, blocksOf(next.bytes)];
    setMostBlocks(blocks.length - 1);
    show();
  }

  function show() {
    const { mode, flip, bit } = chosen();
    const block = Math.min(chosen().block, blocks.length - 1); // of another view's larger picture, perhaps
    const sent = MODES[mode].encrypt(table, blocks, facts.start);
    const different = new Set(sent).size;
    if (flip) sent[block] ^= 0x8000 >> bit;
    const found = MODES[mode].decrypt(inverse, sent, facts.start, table);
    pressMode(mode);
    pressFlip(flip);
    setBlock(block);
    setBit(bit);
    drawAll(mode, block, sent, found);
    const before = `${mode}: ${plural(new Set(blocks).size, "different block")} of the picture`;
    const often = `${before} became ${number(different)} of the ciphertext.`;
    say(`${picture.said ?? ""} ${often} ${flip ? damage(bit, block, found, blocks) : ""}`.trim());
  }

  function drawAll(mode, block, sent, found) {
    const read = shaped(found);
    draws[0](picture, "original");
    draws[1](shaped(sent), `encrypted in mode ${mode}`);
    draws[2](
      withFrame(read, ...placeOf(block, picture), 4),
      `decrypted; a frame where block ${number(block)} is`,
    );
    draws[3](
      squareAround(read, ...placeOf(block, picture), AROUND),
      "the pixels around that block, enlarged",
    );
  }

  const shaped = (each) => ({ ...picture, bytes: bytesOf(each, picture.bytes.length) });

  const anywhere = button("Another bit, at random", () => {
    const [a, b] = crypto.getRandomValues(new Uint32Array(2));
    change({ block: a % blocks.length, bit: b % 16, flip: true });
  });
  el.append(modes, flips, places, bitPlaces, row(anywhere, ownPicture(el, LONGEST, take, say)), frames, line);
  take(asPicture(facts.picture));
  return follow(show);
});

/** In words, what a flipped bit of the ciphertext has spoilt: the blocks found are not those sent. */
function damage(bit, block, found, blocks) {
  const wrong = Array.from(found, (each, i) => [i, each ^ blocks[i]]).filter(([, change]) => change);
  const said = wrong.map(([i, change]) => {
    return `block ${number(i)} has ${plural(ones(change), "wrong bit")} (${writtenBits(change)})`;
  });
  const where = `Bit ${bit} of ciphertext block ${number(block)} was flipped`;
  return `${where}: ${said.join(", ")}, and all else is right.`;
}

/** Column and row of the pixel where a block begins. */
function placeOf(block, { width, height }) {
  const pixel = Math.min(Math.floor((2 * block) / 3), width * height - 1);
  return [pixel % width, Math.floor(pixel / width)];
}
