// Steps through the slides: arrows, Page Up and Down, space, Home and End, or the two buttons.
const slides = [...document.querySelectorAll(".slide")];
const waiting = slide => [...slide.querySelectorAll(".later")];
let at = 0;

function show(number, all) {
  at = Math.max(0, Math.min(number, slides.length - 1));
  slides.forEach((slide, i) => slide.classList.toggle("shown", i === at));
  waiting(slides[at]).forEach(step => step.classList.toggle("shown", all));
  document.getElementById("where").textContent = `${at + 1} / ${slides.length}`;
  history.replaceState(null, "", `#${at + 1}`);
  fit();
}

function forward() {
  const next = waiting(slides[at]).find(step => !step.classList.contains("shown"));
  if (!next) return at < slides.length - 1 && show(at + 1, false);
  next.classList.add("shown");
  fit();
}

function back() {
  const last = waiting(slides[at]).filter(step => step.classList.contains("shown")).pop();
  if (!last) return at > 0 && show(at - 1, true);
  last.classList.remove("shown");
  fit();
}

// Type and pictures as large as the screen can hold; pictures by quarters of their size, since
// others would lay a grid over their pixels.
function fit() {
  const slide = slides[at];
  for (let size = 1; size > 0.5; size -= 0.05) {
    slide.style.setProperty("--fit", size);
    for (const picture of slide.querySelectorAll("img")) {
      const { naturalWidth: width, naturalHeight: height } = picture;
      const highest = parseFloat(getComputedStyle(picture).maxHeight);
      const times = Math.min((slide.clientWidth * 0.9) / width, highest / height);
      picture.style.width = `${(width * Math.max(1, Math.floor(times * 4))) / 4}px`;
    }
    if (slide.scrollHeight <= slide.clientHeight) break;
  }
}

const keys = { ArrowRight: forward, ArrowDown: forward, PageDown: forward, " ": forward,
  ArrowLeft: back, ArrowUp: back, PageUp: back,
  Home: () => show(0, false), End: () => show(slides.length - 1, false) };

document.addEventListener("keydown", event => {
  const clicks = event.key === " " && event.target.closest("summary, button, a");
  if (clicks || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
document.getElementById("on").addEventListener("click", forward);
document.getElementById("back").addEventListener("click", back);
document.addEventListener("toggle", fit, true);
addEventListener("resize", fit);
addEventListener("load", fit);
addEventListener("hashchange", () => show(parseInt(location.hash.slice(1)) - 1 || 0, false));
addEventListener("beforeprint", () => {
  const here = at;
  slides.forEach((slide, number) => show(number, true));
  show(here, true);
});
if (slides.length) {
  document.documentElement.classList.add("stepping");
  show(parseInt(location.hash.slice(1)) - 1 || 0, false);
}
