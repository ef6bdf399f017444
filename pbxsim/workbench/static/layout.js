// Components are laid out once a picture of the screen, and not once for each one that is drawn. Panel lays a component out with
// all that is in it whenever one of these was drawn or has another size, and asks the browser each time whether it is displayed,
// so that the browser lays out the whole page again, too. Here that is put off until the browser is about to draw; what is in
// another that is put off goes with it.
(() => {
  const SOON_MS = 60; // a page that is not looked at draws nothing
  const esm = window.Bokeh.Models.get("panel.models.esm.ReactiveESM").prototype.default_view.prototype;
  const { compute_layout: computed, invalidate_layout: invalidated } = esm;
  const waiting = new Map(); // views, and what is to be done with them
  let timer = null;

  const above = (view, act) => {
    for (let at = view.parent; at; at = at.parent) {
      const known = waiting.get(at);
      if (known === invalidated || (known && known === act)) return true;
    }
    return false;
  };
  const run = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    const now = [...waiting].filter(([view, act]) => !view.is_destroyed && !above(view, act));
    const all = [...waiting.keys()];
    waiting.clear();
    for (const [view, act] of now) act.call(view);
    for (const view of all) view._layout_computed = true;
    for (const root of new Set(all.map((view) => view.root))) root.notify_finished();
  };
  const later = (given) =>
    function () {
      if (this.is_managed) return given.call(this);
      if (waiting.get(this) !== invalidated) waiting.set(this, given);
      if (timer !== null) return;
      timer = setTimeout(run, SOON_MS);
      requestAnimationFrame(run);
    };
  esm.compute_layout = later(computed);
  esm.invalidate_layout = later(invalidated);

  // Asked when somebody wants to know it, and without a layout. Bokeh asks it of every component that it begins to draw, only to
  // decide whether it is finished at once or a moment later; the browser would find the styles of the whole page for each answer.
  esm._update_bbox = () => true;
  Object.defineProperty(esm, "_is_displayed", {
    get() {
      return this.el.isConnected && (!this._has_finished || this.el.checkVisibility());
    },
    set() {},
  });
})();
