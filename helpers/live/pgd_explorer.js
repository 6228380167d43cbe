// Noise of a chosen size that misleads a network, and what it then sees.
import { logits, pgd, softmax } from "./classifier.js";
import {
  asPicture,
  choice,
  control,
  element,
  pictureRow,
  plural,
  slider,
  statusLine,
  tableHead,
} from "./page.js";

const MILLISECONDS = 25; // of work, until the page may draw and hear
const VIEWS = ["picture", "noise, amplified", "with noise"];
const asFloats = ({ bytes }) => Float32Array.from(bytes, (byte) => byte / 255);
const rest = () => new Promise((resolve) => setTimeout(resolve));

export default control(({ el, facts, choices: [chosen, change, follow] }) => {
  const { steps, classes } = facts;
  const pictures = new Map(Object.entries(facts.pictures).map(([name, each]) => [name, asPicture(each)]));
  const [names, pressName] = choice("picture", [...pictures.keys()], (name) => change({ name }));
  const [sizes, setEps] = slider("eps × 255", 64, (eps) => change({ eps }));
  const [counts, setSteps] = slider("steps", 40, (nb_iter) => change({ nb_iter }));
  const targets = [["none: away from the answer", ""], ...classes.map((name, i) => [name, i])];
  const target = element(
    "select",
    { change: () => change({ target: target.value === "" ? null : +target.value }) },
    ...targets.map(([words, value]) => element("option", { value }, words)),
  );
  const [frames, draws] = pictureRow(VIEWS);
  const bars = element("tbody");
  const [line, say] = statusLine();
  const sure = new Map(); // of a picture: how sure the network is of each class
  let [running, again, ended] = [false, false, false];

  /** Attack anew. What is chosen meanwhile waits until this attack is told, or a slider that moves would
   *  never let one come to its end. */
  async function show() {
    const { name, eps, nb_iter, target: aim } = chosen();
    pressName(name);
    setEps(eps);
    setSteps(nb_iter);
    target.value = aim ?? "";
    again = true;
    el.classList.add("kit-busy");
    if (running) return;
    running = true;
    while (again && !ended) {
      again = false;
      await attack(chosen());
    }
    running = false;
    el.classList.remove("kit-busy");
  }

  async function attack(options) {
    const { name, target: aim } = options;
    const picture = pictures.get(name);
    const x = asFloats(picture);
    if (!sure.has(name)) sure.set(name, softmax(logits(steps, x)));
    const before = sure.get(name);
    const y = aim ?? before.indexOf(Math.max(...before));
    const found = await attacked(steps, x, y, options, () => ended);
    const noisy = { ...picture, bytes: Uint8Array.from(found, (value) => Math.round(255 * value)) };
    if (!ended) tell(options, picture, noisy, [before, softmax(logits(steps, asFloats(noisy)))]);
  }

  function tell({ eps, nb_iter, target: aim }, picture, noisy, shares) {
    [picture, visible(picture, noisy), noisy].forEach((each, i) => draws[i](each, VIEWS[i]));
    bars.replaceChildren(...classes.map((name, i) => barsOf(name, ...shares.map((each) => each[i]))));
    const [was, is] = shares.map((each) => {
      const most = Math.max(...each);
      return `${classes[each.indexOf(most)]} (${Math.round(100 * most)} %)`;
    });
    const towards = aim === null ? "away from that" : `towards ${classes[aim]}`;
    const noise = `with noise of at most ${eps} of 255, after ${plural(nb_iter, "step")} ${towards}, ${is}.`;
    const same = picture.bytes.every((byte, i) => byte === noisy.bytes[i]);
    say(`The model says ${was}; ${noise}${same ? " No byte of the picture has changed." : ""}`);
  }

  const head = tableHead("class", "picture", "with noise");
  const caption = element("caption", {}, "The model's answer");
  const answers = element("table", { class: "kit-answers" }, caption, head, bars);
  const aim = element("label", { class: "kit-slider" }, element("span", {}, "target"), target);
  const settings = element("div", {}, sizes, counts, aim);
  el.append(names, element("div", { class: "kit-beside" }, settings, answers), frames, line);
  show();
  const unfollow = follow(show);
  return () => {
    ended = true;
    unfollow();
  };
});

/** x after PGD, which rests at times, so that the page may draw and hear, and stops once isOver(). */
async function attacked(steps, x, y, { eps, nb_iter, target }, isOver) {
  const sizes = { eps: eps / 255, eps_iter: eps / 2550, nb_iter, targeted: target !== null };
  let [found, began] = [x, performance.now()];
  for (found of pgd(steps, x, y, sizes)) {
    if (performance.now() - began < MILLISECONDS) continue;
    await rest();
    if (isOver()) break;
    began = performance.now();
  }
  return found;
}

/** The difference of two pictures: grey where there is none, its largest value black or white. */
function visible({ bytes, ...size }, noisy) {
  const noise = Int16Array.from(bytes, (byte, i) => noisy.bytes[i] - byte);
  const most = noise.reduce((largest, each) => Math.max(largest, Math.abs(each)), 1);
  return { ...size, bytes: Uint8Array.from(noise, (each) => Math.round(127.5 * (1 + each / most))) };
}

/** How sure the model is of a class, before and after, as bars. */
function barsOf(name, ...shares) {
  const cells = shares.map((share, i) => {
    const bar = element("i", { class: i ? "kit-bar kit-after" : "kit-bar" });
    bar.style.width = `${3.5 * share}em`;
    return element("td", {}, element("span", {}, `${Math.round(100 * share)} %`), bar);
  });
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
}
