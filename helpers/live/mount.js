// A control in a page without Jupyter: its module, on a model that knows no kernel. Where it cannot
// start, the still picture of the control stays.

/** What a module asks of a model, with the state that the page carries. */
function standIn(state) {
  const listeners = new Map();
  return {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      for (const listener of listeners.get(`change:${name}`) ?? []) listener();
    },
    save_changes() {},
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) =>
      listeners.set(
        event,
        (listeners.get(event) ?? []).filter((each) => each !== listener),
      ),
  };
}

/** Put a control of this name into each of its places. */
async function mount(name, { render }) {
  for (const place of document.querySelectorAll(`[data-control="${name}"]`)) {
    const state = JSON.parse(place.querySelector("script").textContent);
    state.arrays = Uint8Array.from(atob(state.arrays), (character) => character.charCodeAt(0));
    const el = document.createElement("div");
    await render({ model: standIn(state), el });
    place.append(el);
    place.classList.add("kit-mounted");
  }
}
