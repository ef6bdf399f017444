// What widgets of panel-material-ui have no settings for: dates and numbers as a language writes them (names and the first day of
// the week in date pickers, the decimal comma), the names of small buttons in fields and of progress bars, titles that are
// headings, numbers of rules that stay whole. What widgets draw is changed before the first one is drawn, as their bundle is
// asked for here, earlier than by the page: nothing stands there without its name, not even for a moment.
(() => {
  const own = document.currentScript;
  const words = JSON.parse(own.dataset.words);
  const { names } = words;
  const LOCALE = "page";
  const SUNDAY = 4; // of January 1970

  // Monday on Russian pages; on others what is usual where the browser is at home.
  const firstDay = () => {
    if (words.months) return 1;
    const home = new Intl.Locale(navigator.language);
    return (home.getWeekInfo?.() || home.weekInfo || { firstDay: 1 }).firstDay % 7;
  };
  const spelled = (part, width, count, day) => {
    const form = new Intl.DateTimeFormat(words.language, { [part]: width });
    return Array.from({ length: count }, (_, at) => form.format(day(at)));
  };
  const days = (width) => spelled("weekday", width, 7, (at) => new Date(1970, 0, SUNDAY + at));
  const months = (width) => spelled("month", width, 12, (at) => new Date(1970, at));

  // A locale of Day.js (day.js.org, "Customization"), known to it once one of its dates was put into it.
  const known = new WeakSet();
  const localised = (Adapter) => {
    if (known.has(Adapter)) return;
    known.add(Adapter);
    const inYear = words.months
      ? { months: words.months, monthsShort: words.months.map((name) => name.slice(0, 3)) }
      : { months: months("long"), monthsShort: months("short") };
    new Adapter().date().locale({
      name: LOCALE,
      weekStart: firstDay(),
      ...inYear,
      weekdays: days("long"),
      weekdaysShort: days("short"),
      weekdaysMin: days("short"),
      ordinal: (number) => number,
      formats: { LT: "HH:mm", LTS: "HH:mm:ss", L: "YYYY-MM-DD", LL: "D MMMM YYYY", LLL: "D MMMM YYYY HH:mm", LLLL: "dddd D MMMM YYYY HH:mm" },
    });
  };
  const picker = words.picker && {
    ...words.picker,
    calendarViewSwitchingButtonAriaLabel: (view) => words.picker[view === "year" ? "yearsShown" : "daysShown"],
    fieldYearPlaceholder: ({ digitAmount }) => words.picker.yearLetter.repeat(digitAmount),
    fieldMonthPlaceholder: () => words.picker.monthLetter.repeat(2),
    fieldDayPlaceholder: () => words.picker.dayLetter.repeat(2),
  };
  const date = (React, element, { label }) => {
    const { dateAdapter, children } = element.props;
    localised(dateAdapter);
    const localeText = { ...picker, openDatePickerDialogue: () => `${label}: ${names.calendar}` };
    const field = words.months
      ? React.cloneElement(children, { dayOfWeekFormatter: (day) => day.format("dd") })
      : children;
    return React.cloneElement(element, { adapterLocale: LOCALE, localeText }, field);
  };

  // A field whose buttons, at its ends, say what they do; `ends` has their names.
  const field = (React, element, ends, changes) => {
    const { slotProps } = element.props;
    const input = { ...slotProps.input };
    for (const [end, name] of Object.entries(ends)) {
      const adornment = input[end];
      const button = React.cloneElement(adornment.props.children, { "aria-label": name });
      input[end] = React.cloneElement(adornment, undefined, button);
    }
    return React.cloneElement(element, { ...changes, slotProps: { ...slotProps, input } });
  };

  // What is typed into a field of a number stays a number: both decimal signs are taken in every language, gaps between thousands
  // are left out, and what can begin no number is not taken at all. The field would keep such a text unseen and go on from it.
  const GROUPED = /^-?\d{1,3}(,\d{3})+(\.\d*)?$/; // pasted whole, as English writes thousands
  const numeric = (text, whole) => {
    const bare = text.replace(/\s/g, "").replace("−", "-");
    const plain = !words.comma && GROUPED.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
    return (whole ? /^-?\d*$/ : /^-?\d*\.?\d*$/).test(plain) ? plain : null;
  };
  const number = (React, element, { label, mode }) => {
    const { value, onChange } = element.props;
    const ends = { startAdornment: `${label}: ${names.less}`, endAdornment: `${label}: ${names.more}` };
    return field(React, element, ends, {
      value: words.comma ? String(value ?? "").replace(".", ",") : value,
      onChange: (event) => {
        const taken = numeric(event.target.value, mode === "int");
        if (taken !== null) onChange({ target: { value: taken } });
      },
    });
  };

  // The number of a rule stays on one line: a browser would break after its hyphen.
  const RULE = /R-\d\d(?:\.\d+)?/;
  const unbroken = (React, text) => {
    if (!RULE.test(text)) return text;
    const pieces = text.split(new RegExp(`(${RULE.source})`));
    const whole = (piece) => React.createElement("span", { style: { whiteSpace: "nowrap" } }, piece);
    return React.createElement("span", null, ...pieces.map((piece, at) => (at % 2 ? whole(piece) : piece)));
  };
  const unbrokenHtml = (html) =>
    html.replace(new RegExp(`<[^>]*>|${RULE.source}`, "g"), (piece) =>
      piece.startsWith("<") ? piece : `<span style="white-space: nowrap">${piece}</span>`,
    );
  const view = window.Bokeh.Models.get("panel.models.markup.HTML").prototype.default_view.prototype;
  const setHtml = view.set_html;
  view.set_html = function (html) {
    return setHtml.call(this, html && unbrokenHtml(html));
  };

  const NOTHING = "No choices to choose from";
  const SEARCH = "Search...";
  const PASSWORD = new Map([["password", "show"], ["text", "hide"]]); // by what the field is now
  // A part of what a widget draws with the settings it lacks; known by those it has: the bundle keeps no names of parts.
  const part = (React, element, model) => {
    const { props } = element;
    const input = props.slotProps?.input;
    const having = (settings) => React.cloneElement(element, settings);
    if (props.dateAdapter) return date(React, element, model);
    if (input?.inputMode === "decimal") return number(React, element, model);
    if (PASSWORD.has(props.type)) return field(React, element, { endAdornment: names[PASSWORD.get(props.type)] });
    if (props.placeholder === SEARCH) {
      const onKeyDown = (event) => event.key !== "Escape" && props.onKeyDown(event); // it would keep Escape from the list
      return field(React, element, { endAdornment: names.clear }, { placeholder: names.search, hiddenLabel: true, size: "small", onKeyDown });
    }
    if (props.renderInput)
      return having({
        ...{ clearText: names.clear, openText: names.open, closeText: names.close, noOptionsText: names.nothing },
        renderInput: (params) => drawn(React, props.renderInput(params), model),
      });
    if (props.primary === NOTHING) return having({ primary: names.nothing });
    if (props.valueBuffer !== undefined) return having({ "aria-label": names.progress });
    if (props.variant === "subtitle2") return having({ role: "heading", "aria-level": 2 });
    return element;
  };
  const drawn = (React, given, model) => {
    if (typeof given === "string") return unbroken(React, given);
    if (!React.isValidElement(given)) return given;
    const element = part(React, given, model);
    const { children, dangerouslySetInnerHTML: raw, helperText, model: own } = element.props;
    const { type } = element;
    if (own && (typeof type === "function" || type.render))
      return React.createElement(within(React, type), { ...element.props, key: element.key, ref: element.ref });
    const more = {
      ...(raw && { dangerouslySetInnerHTML: { __html: unbrokenHtml(raw.__html) } }),
      ...(helperText && { helperText: drawn(React, helperText, model) }),
    };
    if (!children || typeof children === "function") return React.cloneElement(element, more);
    return React.cloneElement(element, more, ...[children].flat().map((child) => drawn(React, child, model)));
  };
  const changed = new WeakMap();
  const within = (React, component) => {
    if (!changed.has(component)) {
      const act = component.render ?? component;
      const draws = (props, ref) => drawn(React, act(props, ref), props.model);
      changed.set(component, component.render ? React.forwardRef(draws) : draws);
    }
    return changed.get(component);
  };

  const CHANGED = `Alert AutocompleteInput Button Checkbox DatePicker FileInput FloatInput IntInput LinearProgress MenuList MultiChoice
    PasswordInput RadioBoxGroup Select Switch TextAreaInput TextInput Typography`.split(/\s+/);
  // Panel's way to load it: a plain import would be another copy.
  window.importShim(own.dataset.bundle).then(({ default: widgets }) => {
    for (const name of CHANGED) widgets[name].render = within(widgets.React, widgets[name].render);
  });
})();
