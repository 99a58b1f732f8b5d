(() => {
  "use strict";
  const root = document.documentElement;
  const narrow = matchMedia("(max-width: 640px)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const charts = [...document.querySelectorAll(".chart")];
  const CONFIG = {
    displayModeBar: false,
    displaylogo: false,
    plotlyServerURL: "",
    responsive: true,
    scrollZoom: false,
    doubleClick: false,
    showSendToCloud: false,
    typesetMath: false,
  };
  const make = (tag, parts) => Object.assign(document.createElement(tag), parts);

  // ---- Contents: closed on a phone, and marking the part that is being read.
  const contents = document.querySelector(".contents details");
  const wide = matchMedia("(min-width: 1080px)");
  const fold = () => { contents.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && !wide.matches) contents.open = false;
  });
  contents.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || wide.matches) return;
    contents.open = false;
    contents.firstElementChild.focus();
  });
  const links = [...contents.querySelectorAll("a")];
  const parts = links.map((link) => document.getElementById(link.hash.slice(1)));
  const follow = () => {
    const reached = parts.findLastIndex((part) => part.getBoundingClientRect().top < innerHeight * 0.35);
    const atEnd = scrollY + innerHeight >= root.scrollHeight - 4;
    const current = atEnd ? links.length - 1 : Math.max(reached, 0);
    links.forEach((link, place) => {
      if (place === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };
  addEventListener("scroll", follow, { passive: true });

  // ---- Tables: closed where a chart shows them; sorted by their headings; to be taken along as CSV.
  const numbers = [...document.querySelectorAll("details.numbers")];
  const setOpen = (open) => numbers.forEach((table) => { table.open = open; });
  setOpen(false);
  root.classList.add("ready");

  const language = root.lang;
  const decimal = (1.5).toLocaleString(language)[1];
  const raw = (cell) => cell.dataset.v ?? cell.textContent;
  const compare = (first, last) => {
    const [one, other] = [first, last].map((cell) => Number(cell.dataset.v ?? NaN));
    return Number.isNaN(one) || Number.isNaN(other) ? raw(first).localeCompare(raw(last), language) : one - other;
  };
  const isEmpty = (cell) => cell.dataset.v === "";
  const sort = (table, place, heading) => {
    const order = heading.ariaSort === "descending" ? "ascending" : "descending";
    table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
    heading.ariaSort = order;
    const rows = [...table.tBodies[0].rows].filter((row) => !row.classList.contains("total"));
    const sign = order === "ascending" ? 1 : -1;
    rows.sort((one, other) => {
      const cells = [one.cells[place], other.cells[place]];
      const gap = isEmpty(cells[0]) - isEmpty(cells[1]); // what is not known stays below
      return gap || sign * compare(...cells);
    });
    table.tBodies[0].prepend(...rows);
  };
  // A text that a spreadsheet would take for a formula gets an apostrophe; numbers are numbers.
  const field = (cell) => {
    const value = cell.dataset.v;
    if (value && !Number.isNaN(Number(value))) return value.replace(".", decimal);
    const text = isEmpty(cell) ? "" : raw(cell);
    return `"${(/^[=+\-@\t\r]/.test(text) ? "'" : "") + text.replaceAll('"', '""')}"`;
  };
  const save = (table, name) => {
    const lines = [...table.rows].map((row) => [...row.cells].map(field).join(decimal === "," ? ";" : ","));
    const address = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
    make("a", { href: address, download: `${name}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };
  // Buttons take a while to make in a long report: they come when the first chart is there.
  const equip = () => {
    document.querySelectorAll(".table-scroll table").forEach((table) => {
      const [heads, body] = [table.querySelectorAll("thead th"), table.tBodies[0]];
      if (body.rows.length < 3) return;
      heads.forEach((heading, place) => {
        const button = make("button", { type: "button" });
        button.append(...heading.childNodes);
        button.addEventListener("click", () => sort(table, place, heading));
        heading.append(button);
      });
    });
    numbers.forEach((part) => {
      const button = make("button", { type: "button", className: "csv", textContent: root.dataset.download });
      button.addEventListener("click", () => save(part.querySelector("table"), part.closest(".exhibit").id));
      part.append(button);
    });
  };

  // ---- Charts: the nearest first, each over its still; drawn anew where the theme or the width changes.
  const unpack = async (name) => {
    const packed = document.getElementById(`${name}-pack`).textContent;
    const bytes = Uint8Array.fromBase64
      ? Uint8Array.fromBase64(packed)
      : Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const stale = new Set(charts);
  let packs;
  let inks;
  let isDrawing = false;

  // A key such as "yaxis.ticktext" of layout.meta.narrow replaces that part of the layout on a phone.
  const fitted = (layout) => {
    if (!narrow.matches || !layout.meta || !layout.meta.narrow) return layout;
    for (const [path, value] of Object.entries(layout.meta.narrow)) {
      const keys = path.split(".");
      const last = keys.pop();
      keys.reduce((part, key) => (part[key] ??= {}), layout)[last] = value;
    }
    return layout;
  };
  const specOf = (chart) => {
    const text = JSON.stringify(packs.charts[chart.id.replace(/-chart$/, "")]);
    const shared = JSON.stringify(packs.template);
    const [spec, template] = [text, shared].map((part) =>
      JSON.parse(isDark() ? part.replace(inks, (ink) => packs.dark[ink]) : part));
    const layout = fitted(spec.layout);
    layout.template ??= template;
    layout.font = { ...layout.font, family: getComputedStyle(document.body).fontFamily };
    return { data: spec.data, layout };
  };
  const draw = async (chart) => {
    const { data, layout } = specOf(chart);
    const figure = chart.parentElement;
    chart.style.minWidth = layout.meta && layout.meta.min_width ? `${layout.meta.min_width}px` : "";
    figure.classList.add("drawn");
    chart.style.display = "block";
    await Plotly.react(chart, data, layout, CONFIG);
    chart.style.display = "";
  };
  const nearest = () => {
    if (stale.size === charts.length && !location.hash) return charts[0]; // the first is found without a layout
    const gap = (chart) => {
      const box = chart.parentElement.getBoundingClientRect();
      return Math.max(box.top - innerHeight, -box.bottom, 0);
    };
    return [...stale].reduce((best, chart) => (gap(chart) < gap(best) ? chart : best));
  };
  const breathe = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve, { timeout: 100 }));
  const drawAll = async () => {
    if (isDrawing || !packs) return;
    isDrawing = true;
    while (stale.size) {
      const chart = nearest();
      stale.delete(chart);
      await draw(chart);
      if (!performance.getEntriesByName("first-chart").length) {
        performance.mark("first-chart");
        equip();
      }
      root.dataset.chartsDrawn = charts.length - stale.size;
      await breathe();
    }
    isDrawing = false;
    root.classList.add("done");
  };
  const drawAnew = () => {
    charts.forEach((chart) => stale.add(chart));
    root.dataset.chartsDrawn = 0;
    drawAll();
  };
  const start = async () => {
    follow();
    root.dataset.chartsDrawn = 0;
    if (!charts.length) {
      equip();
      return root.classList.add("done");
    }
    const script = document.createElement("script");
    [script.textContent, packs] = await Promise.all([unpack("plotly"), unpack("charts").then(JSON.parse)]);
    document.head.append(script); // allowed by its hash in the policy, and nothing else is
    script.remove();
    window.Plotly = startPlotly();
    inks = new RegExp(Object.keys(packs.dark).join("|").replaceAll("(", "\\("), "g");
    await drawAll();
    narrow.addEventListener("change", drawAnew);
  };

  // ---- Dark mode: the reader's system decides, the button overrules it.
  const button = document.getElementById("theme");
  const tell = () => button.setAttribute("aria-pressed", isDark());
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    tell();
    drawAnew();
  });
  dark.addEventListener("change", () => { tell(); drawAnew(); });
  tell();

  // ---- Keyboard: the arrows go from point to point of a chart, and what a point says is read aloud.
  const pointsOf = (chart) => (chart.data ?? []).flatMap((trace, curveNumber) => {
    if (trace.hoverinfo !== "text" || !Array.isArray(trace.hovertext)) return [];
    return trace.hovertext.flatMap((text, place) => (Array.isArray(text)
      ? text.map((one, column) => ({ curveNumber, xval: trace.x?.[column] ?? column, yval: trace.y?.[place] ?? place, text: one }))
      : [{ curveNumber, pointNumber: place, text }]));
  });
  const plain = (text) => new DOMParser().parseFromString(text.replaceAll("<br>", ", "), "text/html").body.textContent;
  charts.forEach((chart) => {
    const figure = chart.parentElement;
    let place = -1;
    figure.tabIndex = 0;
    figure.setAttribute("aria-description", root.dataset.keys);
    figure.addEventListener("keydown", (event) => {
      const points = pointsOf(chart);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!points.length || (!step && event.key !== "Escape")) return;
      event.preventDefault();
      if (!step) return Plotly.Fx.unhover(chart);
      place = (place + step + points.length) % points.length;
      const { text, ...point } = points[place];
      Plotly.Fx.hover(chart, [point]);
      document.getElementById("said").textContent = plain(text);
    });
    figure.addEventListener("blur", () => { place = -1; if (chart.data) Plotly.Fx.unhover(chart); });
  });

  const fail = (error) => {
    equip();
    setOpen(true);
    root.classList.add("done");
    throw error;
  };
  start().catch(fail); // the page ends with this script: all that it looks for is there
})();
