// A control in a page without Jupyter: its module, on a model that knows no kernel. Where one cannot
// start, what stands in its place stays: its still picture, or a sentence.

/** What a module asks of a model, with the state that the page carries. No view of it ever ends. */
function standIn(state) {
  const listeners = [];
  return {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      for (const listener of listeners) listener();
    },
    save_changes() {},
    on: (_event, listener) => listeners.push(listener), // there is one event, that a choice changes
  };
}

/** Put a control of this name into each of its places. */
function mount(name, { render }) {
  for (const place of document.querySelectorAll(`[data-control="${name}"]`)) {
    start(place, render).catch((error) => console.error(`${name} has not started:`, error));
  }
}

async function start(place, render) {
  const state = JSON.parse(place.querySelector("script").textContent);
  state.arrays = Uint8Array.from(atob(state.arrays), (character) => character.charCodeAt(0));
  const el = document.createElement("div");
  await render({ model: standIn(state), el });
  place.append(el);
  place.classList.add("kit-mounted");
}
