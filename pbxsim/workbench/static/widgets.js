// Dates and numbers as a language writes them, for which widgets of panel-material-ui have no settings: names and the first
// day of the week in date pickers, the decimal comma in fields of numbers. What these widgets draw is changed before the first
// one is drawn: their bundle is asked for here, earlier than by the page.
(() => {
  const own = document.currentScript;
  const words = JSON.parse(own.dataset.words); // nothing but the language on English pages
  const LOCALE = "page";
  const SUNDAY = 4; // of January 1970

  // Monday on Russian pages; on others what is usual where the browser is at home.
  const firstDay = () => {
    if (words.months) return 1;
    const home = new Intl.Locale(navigator.language);
    return (home.getWeekInfo?.() || home.weekInfo || { firstDay: 1 }).firstDay % 7;
  };
  const named = (part, width, count, day) => {
    const form = new Intl.DateTimeFormat(words.language, { [part]: width });
    return Array.from({ length: count }, (_, at) => form.format(day(at)));
  };
  const days = (width) => named("weekday", width, 7, (at) => new Date(1970, 0, SUNDAY + at));
  const months = (width) => named("month", width, 12, (at) => new Date(1970, at));

  // A locale of Day.js (day.js.org, "Customization"), known to it once one of its dates was put into it.
  const known = new WeakSet();
  const localised = (Adapter) => {
    if (known.has(Adapter)) return;
    known.add(Adapter);
    const names = words.months
      ? { months: words.months, monthsShort: words.months.map((name) => name.slice(0, 3)) }
      : { months: months("long"), monthsShort: months("short") };
    new Adapter().date().locale({
      name: LOCALE,
      weekStart: firstDay(),
      ...names,
      weekdays: days("long"),
      weekdaysShort: days("short"),
      weekdaysMin: days("short"),
      ordinal: (number) => number,
      formats: { LT: "HH:mm", LTS: "HH:mm:ss", L: "YYYY-MM-DD", LL: "D MMMM YYYY", LLL: "D MMMM YYYY HH:mm", LLLL: "dddd D MMMM YYYY HH:mm" },
    });
  };
  const said = words.picker && {
    ...words.picker,
    calendarViewSwitchingButtonAriaLabel: (view) => words.picker[view === "year" ? "yearsShown" : "daysShown"],
    fieldYearPlaceholder: ({ digitAmount }) => words.picker.yearLetter.repeat(digitAmount),
    fieldMonthPlaceholder: () => words.picker.monthLetter.repeat(2),
    fieldDayPlaceholder: () => words.picker.dayLetter.repeat(2),
  };

  // What is typed into a field of a number stays a number: both decimal signs are taken in every language, gaps between thousands
  // are left out, and what can begin no number is not taken at all. The field would keep such a text unseen and go on from it.
  const GROUPED = /^-?\d{1,3}(,\d{3})+(\.\d*)?$/; // pasted whole, as English writes thousands
  const numeric = (text, whole) => {
    const bare = text.replace(/\s/g, "").replace("−", "-");
    const plain = !words.comma && GROUPED.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
    return (whole ? /^-?\d*$/ : /^-?\d*\.?\d*$/).test(plain) ? plain : null;
  };

  const changed = new WeakMap();
  const drawn = (React, element, model) => {
    if (!React.isValidElement(element)) return element;
    const { props, type } = element;
    if (props.dateAdapter) {
      localised(props.dateAdapter);
      const picker = words.months
        ? React.cloneElement(props.children, { dayOfWeekFormatter: (day) => day.format("dd") })
        : props.children;
      return React.cloneElement(element, { adapterLocale: LOCALE, ...(said ? { localeText: said } : {}) }, picker);
    }
    if (props.slotProps?.input?.inputMode === "decimal")
      return React.cloneElement(element, {
        value: words.comma ? String(props.value ?? "").replace(".", ",") : props.value,
        onChange: (event) => {
          const value = numeric(event.target.value, model?.mode === "int");
          if (value !== null) props.onChange({ target: { value } });
        },
      });
    if (typeof type === "function" && props.model && props.view)
      return React.createElement(within(React, type), { ...props, key: element.key });
    if (!props.children || typeof props.children === "function") return element;
    const children = [props.children].flat().map((child) => drawn(React, child, model));
    return React.cloneElement(element, undefined, ...children);
  };
  const within = (React, component) => {
    if (!changed.has(component)) changed.set(component, (props) => drawn(React, component(props), props.model));
    return changed.get(component);
  };

  // Panel's way to load it: a plain import would be another copy.
  window.importShim(own.dataset.bundle).then(({ default: widgets }) => {
    for (const name of ["DatePicker", "FloatInput", "IntInput"])
      widgets[name].render = within(widgets.React, widgets[name].render);
  });
})();
