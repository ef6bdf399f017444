// What a component of panel-material-ui shows is what its model holds. Panel keeps a second copy in React's state, and writes it
// back to the model once it has been drawn. On a busy machine that goes wrong: a change that comes before the one before it was
// written back is undone, in the browser and on the server, and one between drawing and React's effects is not heard of.
// Here React reads the model itself (react.dev, "useSyncExternalStore"), and a component that sets a value sets it there. And a
// value is read alone: Panel writes down all values of a model for each one that it reads.
(() => {
  const BEGIN = 'if (name == "useState") {';
  const END = '} else if (name === "get_child") {';
  const REST = "return target.model_getter(target, name)";

  const value = (React, view, path, property) => {
    const [subscribe, read, write] = React.useMemo(
      () => [
        (heard) => {
          view.model.watch(view, path, heard, true);
          return () => view.model.unwatch(view, path, heard);
        },
        () => (property.is_unset ? undefined : property.get_value()),
        (next) => property.obj.setv({ [property.attr]: typeof next === "function" ? next(property.get_value()) : next }),
      ],
      [],
    );
    return [React.useSyncExternalStore(subscribe, read), write];
  };
  // An event has no value: it is counted, and taken back.
  const event = (React, view, path, property) => {
    const [count, setCount] = React.useState(property.get_value());
    React.useEffect(() => {
      const heard = () => {
        if (!property.get_value()) return;
        setCount((before) => before + 1);
        property.obj.setv({ [property.attr]: false });
      };
      view.model.watch(view, path, heard, true);
      heard();
      return () => view.model.unwatch(view, path, heard);
    }, []);
    return [count, setCount];
  };
  const found = (model, path) => {
    const names = path.split(".");
    const last = names.pop();
    const holder = names.reduce((at, name) => (name in (at?.properties ?? {}) ? at[name] : null), model);
    const property = holder?.properties[last];
    if (!property) throw new ReferenceError(`Could not resolve ${path}`);
    return property;
  };
  window.pbxStates = {
    used: (React, view, path) =>
      (view.model.events.includes(path.split(".").pop()) ? event : value)(React, view, path, found(view.model.data, path)),
    read: (view, name) => {
      const { data } = view.model;
      if (typeof name !== "string" || !Object.hasOwn(data.properties, name)) return view.model_getter(view, name);
      if (!view.accessed_properties.includes(name)) view.accessed_properties.push(name);
      return data[name];
    },
  };

  const component = window.Bokeh.Models.get("panel.models.esm.ReactComponent").prototype;
  const given = component._render_code;
  component._render_code = function () {
    const code = given.call(this);
    const [begin, end, rest] = [code.indexOf(BEGIN), code.indexOf(END), code.indexOf(REST)];
    if (begin < 0 || end < begin || rest < end)
      throw new Error("Panel keeps the state of components in another way: see states.js");
    return [
      code.slice(0, begin),
      'if (name == "useState") {\n return (path) => window.pbxStates.used(React, target, path)\n',
      code.slice(end, rest),
      "return window.pbxStates.read(target, name)",
      code.slice(rest + REST.length),
    ].join("");
  };
})();
// Rules of style are made once for the page, and not once for each component: each has a shadow root, and in it styles of its own,
// but those of two buttons are the same. Emotion, which makes them, gives each component's classes another name; here they have one
// name, as nothing leaves a shadow root. Components that write their styles into the page itself keep a name of their own.
(() => {
  const MADE = "view.mui_cache = createCache(";
  const KEY = "css-pbx";
  const kept = new Map(); // rules of style as the browser takes them, by what they are made of

  window.pbxStyles = (view, createCache, options) => {
    if (view.model.root_node) return createCache(options);
    const cache = createCache({ ...options, key: KEY });
    const given = cache.insert;
    cache.insert = (selector, serialized, sheet, isKept) => {
      const made = `${selector}{${serialized.styles}`;
      const known = kept.get(made);
      const rules = known ?? [];
      if (!known) {
        given(selector, serialized, { insert: (rule) => rules.push(rule) }, isKept);
        kept.set(made, rules);
      } else if (isKept) cache.inserted[serialized.name] = true;
      for (const rule of rules) sheet.insert(rule);
    };
    return cache;
  };

  const component = window.Bokeh.Models.get("panel.models.esm.ReactComponent").prototype;
  const given = component._render_code;
  component._render_code = function () {
    return given.call(this).replaceAll(MADE, "view.mui_cache = window.pbxStyles(view, createCache, ");
  };
})();
// Material gives a chart the page's colours and fonts once it is drawn, and a chart learns its size then. That is the browser's
// alone: the server has no use for some fifty messages of it, each of which it would have to answer.
(() => {
  for (const name of ["Figure", "LinearAxis", "CategoricalAxis", "DatetimeAxis", "Grid", "Title", "Toolbar", "Canvas"]) {
    const part = window.Bokeh.Models.get(name).prototype;
    const given = part.setv;
    part.setv = function (values, options = {}) {
      return given.call(this, values, { ...options, sync: false });
    };
  }
})();
