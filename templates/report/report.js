(() => {
  "use strict";
  const root = document.documentElement;
  const narrow = matchMedia("(max-width: 640px)");
  const charts = [...document.querySelectorAll(".chart")];
  const drawn = new Set();
  const PAPER_WIDTH = 658; // px between the margins of A4

  // ---- Contents: closed on a phone, and marking the part that is being read.
  const contents = document.querySelector(".contents details");
  const wide = matchMedia("(min-width: 1080px)");
  const fold = () => { contents.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && !wide.matches) contents.open = false;
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
  follow();

  // ---- Charts. Their tables are open until we know that the charts can be drawn.
  const numbers = (chart) => chart.closest(".exhibit").querySelector("details.numbers");
  const setOpen = (chart, open) => { const table = numbers(chart); if (table) table.open = open; };
  charts.forEach((chart) => setOpen(chart, false));

  const unpackPlotly = async () => {
    const packed = document.getElementById("plotly-pack").textContent;
    const bytes = Uint8Array.fromBase64
      ? Uint8Array.fromBase64(packed)
      : Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text(); // allowed by its hash in the policy, and nothing else is
    document.head.append(script);
    script.remove();
  };

  // A key such as "yaxis.ticktext" of layout.meta.narrow replaces that part of the layout on a phone.
  const fitted = (layout) => {
    const copy = structuredClone(layout);
    if (!narrow.matches || !copy.meta || !copy.meta.narrow) return copy;
    for (const [path, value] of Object.entries(copy.meta.narrow)) {
      const keys = path.split(".");
      const last = keys.pop();
      keys.reduce((part, key) => (part[key] ??= {}), copy)[last] = value;
    }
    return copy;
  };

  const draw = async (chart) => {
    const spec = JSON.parse(document.getElementById(chart.id.replace(/-chart$/, "-spec")).textContent);
    const layout = fitted(spec.layout);
    chart.style.minHeight = `${layout.height}px`;
    if (layout.meta && layout.meta.min_width) chart.style.minWidth = `${layout.meta.min_width}px`;
    await Plotly.react(chart, spec.data, layout, spec.config);
    if (drawn.has(chart)) return;
    drawn.add(chart);
    // With a view box the picture scales where paper has another width than was drawn for.
    const scale = () => {
      chart.querySelectorAll("svg.main-svg").forEach((svg) => {
        const [width, height] = [svg.getAttribute("width"), svg.getAttribute("height")];
        svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        chart.style.setProperty("--shape", `${width} / ${height}`);
      });
      const figure = chart.parentElement;
      if (figure.scrollWidth > figure.clientWidth) figure.tabIndex = 0;
    };
    chart.on("plotly_afterplot", scale);
    scale();
    root.dataset.chartsDrawn = drawn.size;
  };

  const drawAll = async () => {
    root.dataset.chartsDrawn = 0;
    if (!charts.length) return;
    try {
      await unpackPlotly();
    } catch (error) {
      charts.forEach((chart) => setOpen(chart, true));
      root.classList.remove("scripts");
      throw error;
    }
    for (const chart of charts) {
      await draw(chart);
      if (drawn.size === 1) performance.mark("first-chart");
      await new Promise((resolve) => setTimeout(resolve));
    }
    narrow.addEventListener("change", () => charts.forEach(draw));
    addEventListener("beforeprint", () => charts.forEach((chart) => Plotly.relayout(chart, { width: PAPER_WIDTH })));
    addEventListener("afterprint", () => charts.forEach((chart) => Plotly.relayout(chart, { width: null, autosize: true })));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", drawAll);
  else drawAll();
})();
