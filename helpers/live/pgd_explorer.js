// Noise of a chosen size that misleads a network, and what it then sees.
import { logits, pgd, softmax } from "./classifier.js";
import { asPicture, choice, control, element, pictureRow, slider, statusLine } from "./page.js";

const MILLISECONDS = 25; // of work, until the page may draw and hear
const VIEWS = ["picture", "noise, amplified", "with noise"];
const asFloats = ({ bytes }) => Float32Array.from(bytes, (byte) => byte / 255);
const rest = () => new Promise((resolve) => setTimeout(resolve));

export default control(({ el, facts, choices: [chosen, change, follow] }) => {
  const { steps, classes } = facts;
  const pictures = new Map(Object.entries(facts.pictures).map(([name, each]) => [name, asPicture(each)]));
  const [names, pressName] = choice(
    "picture",
    [...pictures.keys()].map((name) => [name, name]),
    (name) => change({ name }),
  );
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
  let run = 0;

  /** Attack anew; where the choices change meanwhile, the next attack takes over. */
  async function show() {
    const mine = ++run;
    const { name, eps, nb_iter, target: aim } = chosen();
    pressName(name);
    setEps(eps);
    setSteps(nb_iter);
    target.value = aim ?? "";
    const picture = pictures.get(name);
    const x = asFloats(picture);
    const before = softmax(logits(steps, x));
    const y = aim ?? before.indexOf(Math.max(...before));
    const options = { eps: eps / 255, eps_iter: eps / 2550, nb_iter, targeted: aim !== null };
    let [found, began] = [x, performance.now()];
    for (found of pgd(steps, x, y, options)) {
      if (performance.now() - began < MILLISECONDS) continue;
      await rest();
      if (mine !== run) return;
      began = performance.now();
    }
    tell(picture, before, { ...picture, bytes: Uint8Array.from(found, (value) => Math.round(255 * value)) });
  }

  function tell(picture, before, noisy) {
    const { eps, nb_iter, target: aim } = chosen();
    const after = softmax(logits(steps, asFloats(noisy)));
    [picture, visible(picture, noisy), noisy].forEach((each, i) => draws[i](each, VIEWS[i]));
    bars.replaceChildren(...classes.map((name, i) => barsOf(name, before[i], after[i])));
    const [was, is] = [before, after].map((shares) => {
      const most = Math.max(...shares);
      return `${classes[shares.indexOf(most)]} (${Math.round(100 * most)} %)`;
    });
    const towards = aim === null ? "away from that" : `towards ${classes[aim]}`;
    say(
      `The model says ${was}; with noise of at most ${eps} of 255, after ${nb_iter} steps ${towards}, ${is}.`,
    );
  }

  const heads = ["class", "picture", "with noise"].map((name) => element("th", { scope: "col" }, name));
  const answers = element(
    "table",
    { class: "kit-answers" },
    element("caption", {}, "The model's answer"),
    element("thead", {}, element("tr", {}, ...heads)),
    bars,
  );
  el.append(
    names,
    element(
      "div",
      { class: "kit-beside" },
      element(
        "div",
        {},
        sizes,
        counts,
        element("label", { class: "kit-slider" }, element("span", {}, "target"), target),
      ),
      answers,
    ),
    frames,
    line,
  );
  show();
  const unfollow = follow(show);
  return () => {
    run++;
    unfollow();
  };
});

/** The difference of two pictures: grey where there is none, its largest value black or white. */
function visible({ bytes, ...size }, noisy) {
  const noise = Int16Array.from(bytes, (byte, i) => noisy.bytes[i] - byte);
  const most = noise.reduce((most, each) => Math.max(most, Math.abs(each)), 1);
  return { ...size, bytes: Uint8Array.from(noise, (each) => Math.round(127.5 * (1 + each / most))) };
}

/** How sure the model is of a class, before and after, as bars. */
function barsOf(name, ...shares) {
  const cells = shares.map((share, i) => {
    const bar = element("i", { class: i ? "kit-bar kit-after" : "kit-bar" });
    bar.style.width = `${5 * share}em`;
    return element("td", {}, bar, ` ${Math.round(100 * share)} %`);
  });
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
}
