// Texts of a page whose colour stands out too little from what is behind it (WCAG 2.2, 1.4.3): [ratio, text, element].
(() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      known.set(colour, [...context.getImageData(0, 0, 1, 1).data].map((part, place) => (place < 3 ? part : part / 255)));
    }
    return known.get(colour);
  };
  const over = (top, ground) => [0, 1, 2].map((place) => top[place] * top[3] + ground[place] * (1 - top[3]));
  const groundOf = (element) => {
    const layers = [];
    for (let part = element; part; part = part.parentElement) {
      const layer = rgba(getComputedStyle(part).backgroundColor);
      if (layer[3]) layers.push(layer);
      if (layer[3] === 1) break;
    }
    const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark")
      && matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reverse().reduce((ground, layer) => over(layer, ground), dark ? [18, 18, 18] : [255, 255, 255]);
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((first, last) => first - last);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.data.trim();
    if (!text || element.closest("svg, script, style, noscript, [aria-hidden=true], .visually-hidden, .chart")) continue;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!box.width || !box.height || style.visibility !== "visible" || !element.checkVisibility()) continue;
    let opacity = 1;
    for (let part = element; part; part = part.parentElement) opacity *= Number(getComputedStyle(part).opacity);
    const ink = rgba(style.color);
    const ground = groundOf(element);
    const ratio = contrast(over([...ink.slice(0, 3), ink[3] * opacity], ground), ground);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least - 0.01) found.push([ratio, least, text.slice(0, 40), element.tagName.toLowerCase()]);
  }
  return found;
})()
