// The workshop's page: it builds the controls, asks Python, and shows what is answered. Every text is set as text.
const CONFIG = {
  displayModeBar: false,
  displaylogo: false,
  plotlyServerURL: "",
  scrollZoom: false,
  doubleClick: false,
  showSendToCloud: false,
  typesetMath: false,
};
const NARROW = 600; // px of a chart below which its labels stand above the marks
const LARGE = 1.3; // how much larger a chart is drawn where the type is large
// JupyterLab takes keys for its own shortcuts unless the very element that has the focus says that it needs them.
const FOCUSED = new Set(["button", "input", "select", "summary", "textarea"]);
const make = (tag, parts = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), parts);
  if (FOCUSED.has(tag)) node.dataset.lmSuppressShortcuts = "true";
  node.append(...children);
  return node;
};

const plotly = () => { globalThis.Plotly ??= startPlotly(); };

// ---- Asking Python: a ticket for each question, so that no answer is taken for another's.
const connect = (model, context) => {
  const page = Math.random().toString(36).slice(2);
  const waiting = new Map();
  let count = 0;
  const take = (answer) => {
    waiting.get(answer.ticket)?.(answer);
    waiting.delete(answer.ticket);
  };
  model.on("msg:custom", take);
  const ask = (message) => new Promise((resolve) => {
    const ticket = `${page}-${(count += 1)}`;
    waiting.set(ticket, resolve);
    model.send({ ...message, ...context(), ticket });
  });
  return [ask, () => model.off("msg:custom", take)];
};

// ---- Exhibits: kept and filled anew where the same one comes back, so that nothing jumps while a slider moves.
const drawChart = async (box, spec, isLarge) => {
  const { data, layout } = JSON.parse(spec);
  const scale = isLarge ? LARGE : 1;
  const chart = box.firstElementChild;
  const width = Math.floor(box.clientWidth / scale);
  if (width < NARROW && layout.meta?.narrow) {
    for (const [path, value] of Object.entries(layout.meta.narrow)) {
      const keys = path.split(".");
      const last = keys.pop();
      keys.reduce((part, key) => (part[key] ??= {}), layout)[last] = value;
    }
  }
  layout.font = { ...layout.font, family: getComputedStyle(box).fontFamily };
  layout.width = Math.max(width, layout.meta?.min_width ?? 0);
  plotly();
  await Plotly.react(chart, data, layout, CONFIG);
  chart.style.width = `${layout.width}px`;
  chart.style.transform = isLarge ? `scale(${scale})` : "";
  box.style.height = `${Math.ceil(chart.offsetHeight * scale)}px`;
};
const makeTable = ({ heads, rows, total }) => {
  const isNumber = heads.map(([, number]) => number);
  const classOf = (place) => (isNumber[place] ? "number" : "");
  const head = heads.map(([text], place) => make("th", { scope: "col", textContent: text, className: classOf(place) }));
  const body = rows.map((row, line) => make("tr", { className: total && line === rows.length - 1 ? "total" : "" },
    ...row.map((text, place) => (place
      ? make("td", { textContent: text, className: classOf(place) })
      : make("th", { scope: "row", textContent: text })))));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
  return make("div", { className: "scroll" }, table);
};
const makeExhibit = (id, words) => {
  const parts = {
    title: make("h3"),
    chart: make("div", { className: "chart", role: "img" }, make("div")),
    text: make("div", { className: "text" }),
    evidence: make("p", { className: "evidence" }),
    plain: make("div"),
    numbers: make("details", { className: "numbers" }, make("summary", { textContent: words.numbers })),
    notes: make("div", { className: "notes" }),
  };
  const node = make("article", { className: "exhibit" }, ...Object.values(parts));
  node.dataset.exhibit = id;
  return { node, parts };
};
const fillExhibit = ({ parts }, exhibit) => {
  const lines = (texts) => texts.map((text) => make("p", { textContent: text }));
  parts.title.textContent = exhibit.title;
  parts.text.replaceChildren(...lines(exhibit.sentences));
  parts.notes.replaceChildren(...lines(exhibit.notes));
  parts.evidence.replaceChildren(...[
    exhibit.verdict && make("strong", { textContent: exhibit.verdict }),
    exhibit.evidence,
  ].filter(Boolean));
  const table = exhibit.table ? [makeTable(exhibit.table)] : [];
  parts.plain.replaceChildren(...(exhibit.figure ? [] : table));
  parts.numbers.hidden = !exhibit.figure || !exhibit.has_numbers;
  parts.numbers.replaceChildren(parts.numbers.firstElementChild, ...(exhibit.figure ? table : []));
  parts.chart.hidden = !exhibit.figure;
  parts.chart.setAttribute("aria-label", exhibit.alt);
};
const isInSight = (node) => {
  const { top, bottom } = node.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
};
const openNumbers = (view) =>
  (view.shown ?? []).filter(({ parts }) => parts.numbers.open).map(({ node }) => node.dataset.exhibit);
// Draws what is in sight, and gives a function that draws the rest.
const showExhibits = async (view, exhibits, words) => {
  const ids = exhibits.map((exhibit) => exhibit.id).join();
  if (view.ids !== ids) {
    view.ids = ids;
    view.shown = exhibits.map((exhibit) => makeExhibit(exhibit.id, words));
    view.shown.forEach(({ parts }) => parts.numbers.addEventListener("toggle", () => {
      if (parts.numbers.open) view.renew(); // numbers are written only where they are seen
    }));
    view.output.replaceChildren(...view.shown.map(({ node }) => node));
  }
  view.exhibits = exhibits;
  exhibits.forEach((exhibit, place) => fillExhibit(view.shown[place], exhibit));
  const drawn = exhibits.map((exhibit, place) => [view.shown[place].parts.chart, exhibit.figure]).filter(([, spec]) => spec);
  const isLarge = view.section.closest(".large") !== null;
  const draw = async (charts) => { for (const [box, spec] of charts) await drawChart(box, spec, isLarge); };
  const inSight = drawn.filter(([box]) => isInSight(box));
  await draw(inSight);
  return () => draw(drawn.filter((chart) => !inSight.includes(chart)));
};

// ---- Controls: what the browser has, with a label each; `changed` is called with the new value.
const makeSlider = (control, value, changed) => {
  const place = (number) => Math.round((number - control.low) / control.step);
  const { low: min, high: max, step } = control;
  const input = make("input", { type: "range", min, max, step, value });
  const told = make("output");
  const tell = (text) => {
    told.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  const textOf = (number) => (number === control.start ? control.start_text : control.texts[place(number)] ?? input.value);
  input.addEventListener("input", () => {
    tell(textOf(Number(input.value)));
    changed(Number(input.value));
  });
  tell(textOf(value));
  return make("label", { className: "control" }, make("span", { textContent: control.label }), told, input);
};
const makeChoice = (control, value, changed) => {
  const options = control.options.map(([option, textContent]) => make("option", { value: option, textContent }));
  const input = make("select", {}, ...options);
  input.value = value;
  input.addEventListener("change", () => changed(input.value));
  return make("label", { className: "control" }, make("span", { textContent: control.label }), input);
};
const makeChoices = (control, value, changed, words) => {
  const boxes = control.options.map(([option]) =>
    make("input", { type: "checkbox", value: option, checked: value.includes(option) }));
  const tell = () => changed(boxes.filter((box) => box.checked).map((box) => box.value));
  boxes.forEach((box) => box.addEventListener("change", tell));
  const labels = control.options.map(([, text], place) => make("label", {}, boxes[place], text));
  const setAll = (checked) => () => { boxes.forEach((box) => { box.checked = checked; }); tell(); };
  const buttons = [[words.pick_all, true], [words.pick_none, false]].map(([textContent, checked]) => {
    const button = make("button", { type: "button", textContent });
    button.addEventListener("click", setAll(checked));
    return button;
  });
  const all = boxes.length > 2 ? [make("div", { className: "all" }, ...buttons)] : [];
  return make("fieldset", { className: "control" }, make("legend", { textContent: control.label }), ...labels, ...all);
};
const makeText = (control, value, changed) => {
  const input = make("textarea", { rows: 1, value });
  let later;
  const tell = () => {
    clearTimeout(later);
    later = undefined;
    if (input.isConnected) changed(input.value);
  };
  input.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(tell, 400);
  });
  input.addEventListener("change", () => { if (later) tell(); }); // whoever leaves the field is done with it
  return make("label", { className: "control" }, make("span", { textContent: control.label }), input);
};
const MAKERS = { slider: makeSlider, choice: makeChoice, choices: makeChoices, text: makeText };

export default {
  async render({ model, el }) {
    const root = make("div", { className: "gtm-workshop" });
    el.append(root);
    const isNotebookDark = document.body.dataset.jpThemeLight === "false";
    let theme = isNotebookDark || matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    let language = "";
    root.dataset.theme = theme;
    const [ask, leave] = connect(model, () => ({ language, theme }));
    const said = make("p", { className: "hidden", ariaLive: "polite" });
    const views = new Map(); // id of a panel = what is shown of it
    const states = {};
    let begun;
    let active = "";

    // ---- A panel: asked again when something has moved, always with the latest state.
    const fail = (view, sentence) => {
      view.error.textContent = sentence ?? "";
      view.error.hidden = !sentence;
      view.output.classList.toggle("stale", Boolean(sentence));
    };
    const showAll = async (view, exhibits) => (await showExhibits(view, exhibits, begun.words))();
    const refresh = async (view) => {
      view.movedAt ??= performance.now();
      if (view.isBusy) {
        view.isStale = true;
        return;
      }
      view.isBusy = true;
      try {
        do {
          view.isStale = false;
          const movedAt = view.movedAt ?? performance.now();
          view.movedAt = undefined;
          const answer = await ask({ ask: "compute", panel: view.id, state: states[view.id], numbers: openNumbers(view) });
          fail(view, answer.error);
          const drawRest = answer.error ? undefined : await showExhibits(view, answer.exhibits, begun.words);
          performance.measure("workshop-redraw", { start: movedAt, end: performance.now() });
          if (drawRest && !view.isStale) await drawRest();
          if (!answer.error) said.textContent = answer.exhibits[0]?.title ?? "";
          view.section.dataset.answers = Number(view.section.dataset.answers ?? 0) + 1;
        } while (view.isStale);
      } catch (error) {
        fail(view, begun.words.undrawn);
        throw error;
      } finally {
        view.isBusy = false;
      }
    };
    const question = (place, text, confirmed, asked) => {
      place.querySelector(".question")?.remove();
      const yes = make("button", { type: "button", className: "strong", textContent: begun.words.confirm });
      const no = make("button", { type: "button", textContent: begun.words.cancel });
      const row = make("div", { className: "question", role: "group" }, make("p", { textContent: text }), yes, no);
      const close = () => {
        row.remove();
        asked.focus();
      };
      yes.addEventListener("click", () => { close(); confirmed(); });
      no.addEventListener("click", close);
      place.append(row);
      yes.focus();
    };
    const makeActions = (view, actions) => actions.map(({ id, label, question: text }) => {
      const button = make("button", { type: "button", className: "strong", textContent: label });
      const told = make("p", { className: "told", role: "status" });
      const place = make("div", { className: "action" }, button, told);
      button.addEventListener("click", () => {
        question(place, text, async () => {
          const answer = await ask({ ask: "act", panel: view.id, action: id, state: states[view.id] });
          told.textContent = answer.error ?? answer.said;
          if (!answer.error) refresh(view);
        }, button);
      });
      return place;
    });
    const buildControls = (view) => {
      const controls = view.opened.controls.map((control) => {
        const changed = (value) => {
          states[view.id][control.id] = value;
          refresh(view);
        };
        const node = MAKERS[control.kind](control, states[view.id][control.id], changed, begun.words);
        node.dataset.control = control.id;
        return node;
      });
      const again = make("button", { type: "button", className: "again", textContent: begun.words.start_again });
      again.addEventListener("click", () => {
        stand(view, view.opened.state);
        view.controls.querySelector(".again").focus();
      });
      view.controls.replaceChildren(...controls, ...(controls.length ? [again] : []), ...makeActions(view, view.opened.actions));
    };
    const stand = (view, state) => {
      states[view.id] = structuredClone(state);
      buildControls(view);
      refresh(view);
    };
    const open = async (view) => {
      fail(view, begun.words.reading);
      view.error.classList.add("waiting");
      const opened = await ask({ ask: "open", panel: view.id });
      view.error.classList.remove("waiting");
      fail(view, opened.error);
      if (opened.error) return;
      view.opened = opened;
      if (!opened.exhibits) states[view.id] ??= structuredClone(opened.state);
      buildControls(view);
      if (opened.exhibits) await showAll(view, opened.exhibits); // it lacks its data
      else await refresh(view);
      view.section.dataset.ready = "";
    };
    const makeView = ({ id, title, about }) => {
      const view = {
        id,
        controls: make("div", { className: "controls" }),
        output: make("div", { className: "output" }),
        error: make("p", { className: "error", role: "alert", hidden: true }),
      };
      const heading = make("h2", { textContent: title });
      const head = make("div", { className: "head" }, heading, make("p", { className: "about", textContent: about }));
      const main = make("div", { className: "main" }, view.error, view.output);
      view.section = make("section", { className: "panel", role: "tabpanel", hidden: true }, head, view.controls, main);
      view.section.dataset.panel = id;
      view.section.setAttribute("aria-label", title);
      view.renew = () => (id === "compare" ? compare(view) : refresh(view));
      views.set(id, view);
      return view;
    };

    // ---- Scenarios: the state of all panels under a name, set side by side in a panel of their own.
    const makeSaving = (view) => {
      const name = make("input", { type: "text", maxLength: 80 });
      const told = make("p", { className: "told", role: "status" });
      const button = make("button", { type: "button", className: "strong", textContent: begun.words.save });
      const label = make("label", {}, make("span", { textContent: begun.words.name }), name);
      const place = make("div", { className: "saving" }, label, button, told); // no form: JupyterLab lets none be sent
      const save = async (title, overwrite) => {
        const answer = await ask({ ask: "save", title, states, overwrite });
        told.textContent = answer.error ?? answer.said ?? "";
        if (answer.question) question(place, answer.question, () => save(title, true), name);
        else if (!answer.error) compare(view);
      };
      button.addEventListener("click", () => save(name.value.trim(), false));
      name.addEventListener("keydown", (event) => { if (event.key === "Enter") save(name.value.trim(), false); });
      return place;
    };
    const goOn = (kept) => {
      for (const view of views.values()) {
        if (!states[view.id] || !view.opened) continue;
        if (view.opened.is_what_if) stand(view, kept[view.id] ?? view.opened.state);
      }
      const unopened = Object.entries(kept).filter(([id]) => !views.get(id).opened);
      Object.assign(states, structuredClone(Object.fromEntries(unopened)));
      select(Object.keys(kept)[0]);
    };
    const compare = async (view) => {
      fail(view, begun.words.busy);
      const answer = await ask({ ask: "compare", numbers: openNumbers(view) });
      fail(view, answer.error);
      const rows = (answer.scenarios ?? []).map(({ title, states: kept }) => {
        const button = make("button", { type: "button", textContent: begun.words.continue });
        button.addEventListener("click", () => goOn(kept));
        return make("li", {}, make("span", { textContent: title }), button);
      });
      const none = make("p", { className: "about", textContent: begun.words.compare_none });
      view.saving ??= makeSaving(view);
      view.listed ??= make("div");
      view.listed.replaceChildren(rows.length ? make("ul", {}, ...rows) : none);
      if (!view.saving.isConnected) view.controls.replaceChildren(view.saving, view.listed);
      view.output.classList.remove("stale");
      await showAll(view, answer.exhibits ?? []);
      view.section.dataset.ready = "";
    };

    // ---- The page around the panels.
    const tabs = make("div", { className: "tabs", role: "tablist" });
    const select = (id) => {
      active = id;
      for (const tab of tabs.children) {
        tab.setAttribute("aria-selected", tab.dataset.tab === id);
        tab.tabIndex = tab.dataset.tab === id ? 0 : -1;
      }
      views.forEach((view) => { view.section.hidden = view.id !== id; });
      const view = views.get(id);
      if (id === "compare") compare(view);
      else if (!view.opened) view.opening ??= open(view).finally(() => { view.opening = undefined; });
      else if (view.exhibits) showAll(view, view.exhibits); // its width may have changed meanwhile
    };
    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const all = [...tabs.children];
      const next = all[(all.findIndex((tab) => tab.dataset.tab === active) + step + all.length) % all.length];
      next.focus();
      select(next.dataset.tab);
    });
    const drawAll = () => views.forEach((view) => {
      if (view.id === "compare" ? active === "compare" : view.opened && !view.opened.exhibits) view.renew();
    });
    const makeSwitch = (textContent, isOn, turn) => {
      const button = make("button", { type: "button", textContent, ariaPressed: isOn });
      button.addEventListener("click", () => {
        button.ariaPressed = button.ariaPressed !== "true";
        turn(button.ariaPressed === "true");
      });
      return button;
    };
    const build = async () => {
      begun = await ask({ ask: "begin" });
      if (begun.error) return root.replaceChildren(make("p", { className: "error", role: "alert", textContent: begun.error }));
      language = begun.language;
      root.lang = language;
      root.style.setProperty("--accent", theme === "dark" ? begun.accent_dark : begun.accent);
      views.clear();
      const { words } = begun;
      const panels = [...begun.panels, { id: "compare", tab: words.compare, title: words.compare, about: words.compare_about }];
      tabs.setAttribute("aria-label", words.title);
      tabs.replaceChildren(...panels.map(({ id, tab: textContent }) => {
        const tab = make("button", { type: "button", role: "tab", textContent });
        tab.dataset.tab = id;
        tab.addEventListener("click", () => select(id));
        return tab;
      }));
      const speak = make("select", { ariaLabel: words.language },
        ...begun.languages.map(([value, textContent]) => make("option", { value, textContent })));
      speak.value = language;
      speak.addEventListener("change", async () => {
        language = speak.value;
        await build();
        root.querySelector(".switches select").focus();
      });
      const large = makeSwitch(words.large, root.classList.contains("large"), (isOn) => {
        root.classList.toggle("large", isOn);
        drawAll();
      });
      const dark = makeSwitch(words.dark, theme === "dark", (isOn) => {
        theme = isOn ? "dark" : "light";
        root.dataset.theme = theme;
        root.style.setProperty("--accent", isOn ? begun.accent_dark : begun.accent);
        drawAll();
      });
      const head = make("header", {},
        make("p", { className: "client" }, make("strong", { textContent: begun.client }), words.confidential),
        make("div", { className: "switches" }, ...(begun.languages.length > 1 ? [speak] : []), large, dark));
      const sections = panels.map((panel) => makeView(panel).section);
      root.replaceChildren(head, tabs, ...sections, said);
      select(views.has(active) ? active : panels[0].id);
    };
    const watch = new ResizeObserver(() => {
      const view = views.get(active);
      if (view?.exhibits && Math.abs(root.clientWidth - (watch.width ?? 0)) > 20) showAll(view, view.exhibits);
      watch.width = root.clientWidth;
    });
    watch.observe(root);
    build();
    setTimeout(plotly); // while Python opens the first panel
    return () => { leave(); watch.disconnect(); };
  },
};
