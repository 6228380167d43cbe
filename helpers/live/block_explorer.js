// What becomes of one block: two sliders, or a click, choose a byte of a picture.
import { blocksOf, signsOf, writtenBits } from "./bits.js";
import { Pair } from "./networks.js";
import {
  asPicture,
  choice,
  control,
  element,
  number,
  ownPicture,
  pictureFrame,
  row,
  slider,
  statusLine,
} from "./page.js";
import { withFrame } from "./pictures.js";

const LONGEST = 256;
const YELLOW = [240, 228, 66];
const CHANNELS = ["red", "green", "blue"];

/** A picture in dim grey, the blocks that equal one of them lit up, and a frame around a pixel. */
function litBlocks({ bytes, width, height }, blocks, block, x, y) {
  const lit = new Uint8Array(bytes.length);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = 3 * pixel;
    const alike = blocks[at >> 1] === block || blocks[(at + 2) >> 1] === block;
    const grey = (bytes[at] + bytes[at + 1] + bytes[at + 2]) / 9;
    for (let c = 0; c < 3; c++) lit[at + c] = alike ? YELLOW[c] : grey;
  }
  return withFrame({ bytes: lit, width, height }, x, y, 6);
}

export default control(({ el, facts, choices: [chosen, change, follow] }) => {
  const pair = new Pair(facts.pair);
  const [frame, draw, canvas] = pictureFrame("blocks that are equal", 320);
  const [columns, setX, setMostX] = slider("column", 0, (x) => change({ x }));
  const [rows, setY, setMostY] = slider("row", 0, (y) => change({ y }));
  const [channels, pressChannel] = choice(
    "byte",
    CHANNELS.map((name, i) => [name, i]),
    (channel) => change({ channel }),
  );
  const table = element("table", {}, element("caption", {}, "The block in its forms"));
  const [line, say] = statusLine();
  let picture, blocks;

  function take(next) {
    [picture, blocks] = [next, blocksOf(next.bytes)];
    setMostX(next.width - 1);
    setMostY(next.height - 1);
    show();
  }

  function show() {
    const { channel } = chosen();
    const [x, y] = within(chosen().x, chosen().y); // chosen, perhaps, in a view with a larger picture
    const block = blocks[(3 * (y * picture.width + x) + channel) >> 1];
    const count = blocks.reduce((sum, each) => sum + (each === block), 0);
    setX(x);
    setY(y);
    pressChannel(channel);
    const where = `The block with the ${CHANNELS[channel]} byte of the pixel in column ${x}, row ${y}, comes`;
    const often = count === 1 ? "once only." : `${number(count)} times, each lit up in the picture.`;
    draw(litBlocks(picture, blocks, block, x, y), where + " " + often);
    table.replaceChildren(table.caption, ...forms(block, pair, facts.key).map((cells) => tableRow(...cells)));
    say(`${picture.said ?? ""} ${where} ${often}`.trim());
  }

  function within(x, y) {
    return [Math.max(0, Math.min(x, picture.width - 1)), Math.max(0, Math.min(y, picture.height - 1))];
  }

  canvas.addEventListener("click", (event) => {
    const zoom = canvas.getBoundingClientRect().width / picture.width;
    const [x, y] = within(Math.floor(event.offsetX / zoom), Math.floor(event.offsetY / zoom));
    change({ x, y });
  });
  el.append(
    element(
      "div",
      { class: "kit-beside" },
      frame,
      element("div", {}, columns, rows, channels, table, row(ownPicture(el, LONGEST, take, say))),
    ),
    line,
  );
  take(asPicture(facts.picture));
  return follow(show);
});

const tableRow = (name, value) =>
  element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, element("code", {}, value)));

/** The block in its forms, from two bytes to 16 ciphertext values. */
function forms(block, pair, key) {
  const bytes = [block >> 8, block & 255];
  const values = pair.binary
    ? [...signsOf(pair.encrypt([block], key)[0], 16)]
    : [...pair.values([block], key)];
  const signed = values.map((value) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(3)}`);
  return [
    ["bytes", bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")],
    ["bits", writtenBits(block)],
    ["block", number(block)],
    ...[0, 4, 8, 12].map((i) => [`c${i}..c${i + 3}`, signed.slice(i, i + 4).join(" ")]),
  ];
}
