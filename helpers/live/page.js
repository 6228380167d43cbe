// What the controls share: their parts, pictures on canvases, and what Python hands over.

/** An element with its attributes and children; a function among the attributes is a listener. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export const row = (...children) => element("div", { class: "kit-row" }, ...children);
export const number = (count) => count.toLocaleString("en");
export const percent = (share) =>
  share > 0 && share < 0.005 ? "less than 1 %" : `${Math.round(100 * share)} %`;
export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
export const button = (name, click) => element("button", { type: "button", click }, name);

/** [a line that screen readers read out when it changes, what changes it]. */
export function statusLine() {
  const line = element("p", { role: "status", "aria-live": "polite", class: "kit-line" });
  const say = (text, wrong = false) => {
    line.textContent = text;
    line.classList.toggle("kit-wrong", wrong);
  };
  return [line, say];
}

/** [buttons of which one is pressed, under a name; what presses one; the buttons]. An option is what stands
 *  on its button, or [that, what it stands for]. */
export function choice(name, options, choose) {
  const values = options.map((option) => (Array.isArray(option) ? option[1] : option));
  const buttons = options.map((option, i) => button([option].flat()[0], () => choose(values[i])));
  const press = (value) =>
    buttons.forEach((each, i) => each.setAttribute("aria-pressed", String(values[i] === value)));
  const words = element("span", { "aria-hidden": "true" }, name);
  return [
    element("div", { class: "kit-row", role: "group", "aria-label": name }, words, ...buttons),
    press,
    buttons,
  ];
}

/** The head of a table, with the names of its columns. */
export function tableHead(...names) {
  const cells = names.map((name) => element("th", { scope: "col" }, name));
  return element("thead", {}, element("tr", {}, ...cells));
}

/** [a slider for whole numbers from 0 to `max`, what moves it]. */
export function slider(name, max, move) {
  const output = element("output", { "aria-hidden": "true" }); // a slider says its value itself
  const input = element("input", { type: "range", min: 0, max, step: 1, input: () => move(+input.value) });
  const set = (value) => {
    input.value = value;
    output.textContent = number(value);
  };
  const setMax = (most) => input.setAttribute("max", most);
  return [element("label", { class: "kit-slider" }, element("span", {}, name), input, output), set, setMax];
}

/** [a place for a picture under a caption, what draws one there, its canvas]. Small pictures are enlarged
 *  by whole numbers, to at most `widest`, as one `like` them would be. */
export function pictureFrame(caption, widest = 256) {
  const canvas = element("canvas", {
    role: "img",
    "aria-label": caption || "a picture",
    width: 0,
    height: 0,
  });
  const pen = canvas.getContext("2d", { alpha: false });
  const name = element("figcaption", {}, caption);
  const draw = (picture, alt, like = picture) => {
    const { bytes, width, height } = picture;
    const scale = Math.max(1, Math.floor(widest / Math.max(like.width, like.height)));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.style.setProperty("--kit-wide", `${scale * width}px`);
    canvas.style.setProperty("--kit-aspect", width / height);
    canvas.classList.toggle("kit-enlarged", scale > 1);
    pen.putImageData(imageOf(bytes, width, height), 0, 0);
    canvas.setAttribute("aria-label", alt);
  };
  return [element("figure", {}, name, canvas), draw, canvas];
}

/** [frames side by side, where the page is narrow in several rows, what draws into each]. */
export function pictureRow(captions, widest = 256) {
  const frames = captions.map((caption) => pictureFrame(caption, widest));
  const found = element("div", { class: "kit-pictures" }, ...frames.map(([frame]) => frame));
  found.style.maxWidth = `calc(${captions.length} * (${widest}px + 1rem))`;
  return [found, frames.map(([, draw]) => draw)];
}

/** A picture's bytes, red, green and blue a pixel, as a canvas takes them. */
function imageOf(bytes, width, height) {
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer); // little-endian, as every browser today
  for (let i = 0, b = 0; i < pixels.length; i++, b += 3) {
    pixels[i] = 0xff000000 | (bytes[b + 2] << 16) | (bytes[b + 1] << 8) | bytes[b];
  }
  return image;
}

// A picture of one's own: it stays in the page.

/** The picture in a file, its longer side at most `longest` pixels, and words on what was changed.
 *  An Error, in a sentence, where there is none. */
async function pictureIn(file, longest) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} is no picture that this page can read: choose a PNG, JPEG or WebP file.`);
  }
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
  const { data } = painted(bitmap, width, height);
  bitmap.close();
  const bytes = new Uint8Array(3 * width * height);
  for (let i = 0; i < bytes.length; i++) bytes[i] = data[i + Math.floor(i / 3)];
  const flat = bytes.every((byte, i) => byte === bytes[i % 3]);
  const remark = flat ? " It has one colour only, so there is little to see." : "";
  const frame = file.type === "image/gif" ? "of a GIF the first frame, " : "";
  const size = `${scale < 1 ? "made smaller to " : ""}${width} × ${height} pixels`;
  return {
    bytes,
    width,
    height,
    said: `This is ${file.name}, ${frame}${size}. It stays on this computer.${remark}`,
  };
}

/** The pixels of a bitmap, drawn so large, on white where it is transparent. */
function painted(bitmap, width, height) {
  const pen = element("canvas", { width, height }).getContext("2d", {
    alpha: false,
    willReadFrequently: true,
  });
  pen.fillStyle = "white";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}

/** A button for a picture of one's own; it may also be dropped anywhere onto `where`. */
export function ownPicture(where, longest, take, say) {
  let reading = 0;
  const choose = async (file) => {
    if (!file) return;
    const mine = ++reading; // the file that was chosen last counts, not the one that is read last
    say(`Reading ${file.name} ...`); // so that the same complaint is news the second time, too
    try {
      const picture = await pictureIn(file, longest);
      if (mine === reading) take(picture);
    } catch (error) {
      if (mine === reading) say(`${error.message} What was here before stays.`, true);
    }
  };
  const input = element("input", {
    type: "file",
    accept: "image/*",
    change: () => choose(input.files[0]).finally(() => (input.value = "")), // the same file again is news
  });
  const over = (is) => (event) => {
    event.preventDefault();
    where.classList.toggle("kit-drop", is);
  };
  where.addEventListener("dragover", over(true));
  where.addEventListener("dragleave", over(false));
  where.addEventListener("drop", (event) => {
    over(false)(event);
    event.stopPropagation(); // JupyterLab would upload it
    const files = [...event.dataTransfer.files];
    if (!files.length) say("What was dropped is no file: drop a picture. What was here before stays.", true);
    choose(files.find(({ type }) => type.startsWith("image/")) ?? files[0]);
  });
  const title = "Choose a picture file, or drop one here; it stays on this computer";
  return element("label", { class: "kit-file", title }, "Your picture", input);
}

// What Python hands over: facts, their arrays in one piece, deflated; see helpers/live/__init__.py.

const KINDS = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array, float32: Float32Array };

/** The facts of a model, each array in its place as {shape, data}. */
export async function factsOf(model) {
  const sent = model.get("arrays");
  const stream = new Blob([sent]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const revived = (value) => {
    if (Array.isArray(value)) return value.map(revived);
    if (value === null || typeof value !== "object") return value;
    if (typeof value.kind === "string") {
      const length = value.shape.reduce((product, side) => product * side, 1);
      return { shape: value.shape, data: new KINDS[value.kind](buffer, value.at, length) };
    }
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, revived(each)]));
  };
  return revived(model.get("facts"));
}

/** A picture among the facts, as the frames take it. */
export function asPicture({ shape: [height, width], data }) {
  return { bytes: data, width, height };
}

/** The choices in a control, kept in the model, so that its other views in Jupyter, and the kernel, have
 *  them too (pictures and keys that a view took in or drew stay in it): `follow(draw)` calls it at every
 *  change, `change({...})` makes one. */
export function choicesOf(model) {
  const change = (some) => {
    model.set("chosen", { ...model.get("chosen"), ...some });
    model.save_changes();
  };
  const follow = (draw) => {
    model.on("change:chosen", draw);
    return () => model.off("change:chosen", draw);
  };
  return [() => model.get("chosen"), change, follow];
}

/** A module for anywidget: `build(parts)` fills the element and returns what ends it. */
export function control(build) {
  return {
    async render({ model, el }) {
      el.classList.add("kit-live");
      const end = build({ el, facts: await factsOf(model), choices: choicesOf(model) });
      const release = keepKeys(el);
      return () => {
        release();
        end();
      };
    },
  };
}

/** Keys pressed in a control stay there, but for Shift+Enter, which runs, and those with Ctrl, Alt or
 *  Meta: else "0 0" restarts JupyterLab's kernel, and "d d" deletes the cell. */
function keepKeys(el) {
  const keep = (event) => {
    if (!el.contains(event.target)) return;
    const runs = event.key === "Enter" && event.shiftKey;
    const isLabs = event.ctrlKey || event.metaKey || event.altKey || runs;
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !isLabs);
  };
  window.addEventListener("keydown", keep, true);
  return () => window.removeEventListener("keydown", keep, true);
}
