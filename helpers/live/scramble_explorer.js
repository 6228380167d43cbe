// A picture, scrambled block by block and put back in order, with the right key and with others.
import {
  asPicture,
  button,
  choice,
  control,
  element,
  ownPicture,
  pictureRow,
  row,
  statusLine,
} from "./page.js";
import { decrypted, encrypted, randomOrder } from "./scramble.js";

const LONGEST = 256;
const SIDES = [1, 2, 4, 8, 16];
const READERS = ["the key", "the key, two entries exchanged", "another key"];
const VIEWS = ["original", "encrypted", "decrypted"];
const OWN = "your own";

export default control(({ el, facts, choices: [chosen, change, follow] }) => {
  const pictures = new Map(Object.entries(facts.pictures).map(([name, each]) => [name, asPicture(each)]));
  const keys = { [chosen().side]: facts.keys.map(({ data }) => data) }; // of each side: the key, another
  const options = [...pictures.keys()].map((name) => [name, name]);
  const [names, pressName] = choice("picture", options, (name) => change({ name }));
  const [sides, pressSide] = choice(
    "block",
    SIDES.map((m) => [`${m} × ${m}`, m]),
    (side) => change({ side }),
  );
  const [readers, pressReader] = choice(
    "decrypt with",
    READERS.map((words, i) => [words, i]),
    (reader) => change({ reader }),
  );
  const [frames, draws] = pictureRow(VIEWS);
  const [line, say] = statusLine();

  function take(own) {
    pictures.set(OWN, own);
    if (chosen().name === OWN) show();
    else change({ name: OWN });
  }

  function show() {
    const { name, side, reader } = chosen();
    const picture = pictures.get(name) ?? pictures.values().next().value; // another view's own one
    const [key, other] = (keys[side] ??= [randomOrder(side), randomOrder(side)]);
    const nearly = key.slice();
    [nearly[0], nearly[1]] = [key[1], key[0]];
    const sent = encrypted(picture, key, side);
    const found = decrypted(sent, [key, nearly, other][reader], side, picture.width, picture.height);
    [picture, sent, found].forEach((each, i) => draws[i](each, VIEWS[i]));
    pressName(name);
    pressSide(side);
    pressReader(reader);
    const wrong = Math.round(
      (100 * found.bytes.filter((byte, i) => byte !== picture.bytes[i]).length) / found.bytes.length,
    );
    const said =
      `From left to right: ${name}; encrypted in blocks of ${side} × ${side} pixels, by an order of ` +
      `${(6 * side * side).toLocaleString("en")} nibbles; decrypted with ${READERS[reader]}, ${wrong} % of the bytes wrong.`;
    say(`${picture.said ?? ""} ${said}`.trim());
  }

  const newKey = button("New key", () => {
    delete keys[chosen().side];
    show();
  });
  el.append(names, sides, readers, row(newKey, ownPicture(el, LONGEST, take, say)), frames, line);
  show();
  return follow(show);
});
