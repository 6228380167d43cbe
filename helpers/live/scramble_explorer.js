// A picture, scrambled block by block and put back in order, with the right key and with others.
import {
  asPicture,
  button,
  choice,
  control,
  number,
  ownPicture,
  percent,
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
  const [first] = pictures.keys();
  const keys = { [facts.side]: facts.keys.map(({ data }) => data) }; // of each side: the key, another
  const options = [...pictures.keys(), OWN];
  const [names, pressName, buttons] = choice("picture", options, (name) => change({ name }));
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

  buttons.at(-1).hidden = true; // until there is one

  function take(own) {
    pictures.set(OWN, own);
    buttons.at(-1).hidden = false;
    if (chosen().name === OWN) show();
    else change({ name: OWN });
  }

  function show(remark = "") {
    const { side, reader } = chosen();
    const name = pictures.has(chosen().name) ? chosen().name : first; // another view has its own picture
    const picture = pictures.get(name);
    const [key, other] = (keys[side] ??= [randomOrder(side), randomOrder(side)]);
    const nearly = key.slice();
    [nearly[0], nearly[1]] = [key[1], key[0]];
    const sent = encrypted(picture, key, side);
    const found = decrypted(sent, [key, nearly, other][reader], side, picture.width, picture.height);
    [picture, sent, found].forEach((each, i) => draws[i](each, VIEWS[i], sent));
    pressName(name);
    pressSide(side);
    pressReader(reader);
    const errors = found.bytes.reduce((sum, byte, i) => sum + (byte !== picture.bytes[i]), 0);
    const order = `by an order of ${number(6 * side * side)} nibbles`;
    const how = `encrypted in blocks of ${side} × ${side} pixels, ${order}`;
    const wrong = percent(errors / found.bytes.length);
    const back = `decrypted with ${READERS[reader]}: ${wrong} of the bytes wrong.`;
    say(`${remark} ${picture.said ?? ""} The picture ${name}, ${how}, and ${back}`.trim());
  }

  const newKey = button("New key", () => {
    delete keys[chosen().side];
    show("A new key.");
  });
  el.append(names, sides, readers, row(newKey, ownPicture(el, LONGEST, take, say)), frames, line);
  show();
  return follow(() => show());
});
