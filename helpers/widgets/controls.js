// The page's part of the controls that work in the kernel: what Jupyter's widgets leave out. None
// needs it to work, but with it a large picture arrives, keys typed at a button stay there, and
// screen readers hear what each part is. It runs as the handler of a <style>'s load event, where
// `this` is the <style>.

const MOST_BYTES = 9e6; // a Jupyter that was not told otherwise drops messages over 10 MiB in silence
const MOST_SIDE = 1600; // in pixels: as a PNG, such a picture is under MOST_BYTES whatever it shows

const control = this.closest(".kit-control");

// What screen readers hear.

function nameParts() {
  const status = control.querySelector('[role="status"]');
  for (const picture of control.querySelectorAll("img.widget-image")) {
    picture.alt = status?.textContent;
  }
  for (const slider of control.querySelectorAll(".widget-slider")) {
    const name = slider.querySelector(".widget-label")?.textContent;
    for (const part of slider.querySelectorAll('[role="slider"], .widget-readout')) {
      part.ariaLabel = name;
    }
  }
}

// Which keys are JupyterLab's: those that save or run. Any other stays with the part that has the
// focus, or "0 0" would restart the kernel, and "d d" delete the cell.

function keepKey(event) {
  if (!control.isConnected) {
    window.removeEventListener("keydown", keepKey, true);
    delete control.dataset.kit;
  } else if (control.contains(event.target)) {
    const runs = event.key === "Enter" && event.shiftKey;
    const isLabs = event.ctrlKey || event.metaKey || event.altKey || runs;
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !isLabs);
  }
}

// Large pictures, made smaller before they are sent. FileUpload keeps its <input> outside of the
// page, so the one way to meet it is at its click.

function meetInput(event) {
  if (!event.target.closest(".widget-upload")) return;
  const { click } = HTMLInputElement.prototype;
  HTMLInputElement.prototype.click = function () {
    HTMLInputElement.prototype.click = click;
    this.addEventListener("change", lighten, { capture: true }); // the same listener counts once
    click.call(this);
  };
}

async function lighten(event) {
  const [file] = this.files;
  if (!file || file.size <= MOST_BYTES) return;
  event.stopImmediatePropagation();
  const files = new DataTransfer();
  files.items.add(await smaller(file));
  this.files = files.files;
  this.dispatchEvent(new Event("change"));
}

async function smaller(file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, MOST_SIDE / Math.max(picture.width, picture.height));
    const [width, height] = [picture.width, picture.height].map((side) => Math.ceil(scale * side));
    const sheet = new OffscreenCanvas(width, height);
    const pen = sheet.getContext("2d", { alpha: false });
    pen.fillStyle = "white";
    pen.fillRect(0, 0, width, height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, width, height);
    return new File([await sheet.convertToBlob()], file.name, { type: "image/png" });
  } catch {
    return new File([file.size], file.name, { type: "too-large" }); // PictureUpload says the rest
  }
}

if (!control.dataset.kit) {
  control.dataset.kit = "ready";
  const changes = { subtree: true, childList: true, attributeFilter: ["title", "class"] };
  new MutationObserver(nameParts).observe(control, changes);
  window.addEventListener("keydown", keepKey, true);
  control.addEventListener("click", meetInput, true);
}
nameParts();
