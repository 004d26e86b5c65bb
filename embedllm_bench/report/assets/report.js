"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const data = JSON.parse(document.getElementById("data").textContent);
  const narrow = matchMedia("(max-width: 40rem)");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const LEGEND_LINE = 18, OUTLINE = 0.75; // pixels
  const FIRST = 25; // questions or models of a list, until all are asked for

  // Figures: Plotly draws what the page brings along, when it is about to be seen.
  function view(box) {
    const choice = box.closest("figure").querySelector(".view");
    const spec = data.figures[box.dataset.figure];
    return spec.views[choice ? choice.value : ""];
  }

  function traces(box) {
    const { texts, relations } = data.figures[box.dataset.figure];
    const nearest = relations[view(box).related];
    const named = (place) => texts[place].split("<br>")[0];
    const near = (place) => nearest
      ? `<br>nearest:${nearest[place].map(([other, cosine]) => `<br>${named(other)} (${cosine.toFixed(2)})`).join("")}` : "";
    const ink = getComputedStyle(document.body).color;
    return structuredClone(view(box).data).map(({ meta, ...trace }) => {
      // the lightest hues alone have too little contrast with white paper
      if (trace.mode?.includes("markers")) trace.marker.line = { color: ink, width: OUTLINE };
      if (meta.texts?.length) trace.hovertext = meta.texts.map((place) => texts[place] + near(place));
      if (nearest) trace.customdata = meta.texts; // which model a point is
      if (meta.labels) {
        trace.showscale = !narrow.matches;
        trace.hovertext = trace.z.map((row, i) => row.map((value, j) =>
          `${meta.labels[i]}<br>${meta.labels[j]}<br>${value === null ? "nothing in common" : value.toFixed(3)}`));
      }
      return trace;
    });
  }

  function layout(box) {
    const style = getComputedStyle(document.body);
    const made = structuredClone(view(box).layout);
    // a legend under itself rather than in rows: its lines need room above the axes
    if (narrow.matches && made.showlegend) made.height += LEGEND_LINE * view(box).data.length;
    const line = getComputedStyle(document.querySelector("h2")).borderBottomColor;
    for (const axis of [made.xaxis, made.yaxis]) {
      if (axis.narrow && narrow.matches) axis.ticktext = axis.narrow;
      delete axis.narrow;
      Object.assign(axis, { gridcolor: line, linecolor: line });
    }
    return Object.assign(made, {
      hoverlabel: { bgcolor: style.backgroundColor, bordercolor: line, font: { color: style.color, ...(narrow.matches && { size: 10 }) }, align: "left" },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: style.fontFamily, size: narrow.matches ? 11 : 13, color: style.color },
    });
  }

  function draw(box) {
    box.dataset.drawn = "yes";
    // anew rather than changed: of a legend whose rows change with the width, `react` keeps the place
    Plotly.newPlot(box, traces(box), layout(box), { displayModeBar: false, responsive: true });
  }

  const redraw = () => all(".plot[data-drawn]").forEach(draw);
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "300px" });
  all(".plot").forEach((box) => seen.observe(box));
  all(".view").forEach((choice) => choice.addEventListener("change", () => draw(choice.closest("figure").querySelector(".plot"))));
  document.getElementById("theme").addEventListener("change", (event) => {
    if (event.target.value) root.dataset.theme = event.target.value;
    else delete root.dataset.theme;
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  narrow.addEventListener("change", redraw);

  // Tables: sort, choose a benchmark, take along.
  function compareCells(first, second) {
    if (first === "" || second === "") return (first === "") - (second === "");
    const difference = Number(first) - Number(second);
    return Number.isNaN(difference) ? first.localeCompare(second) : difference;
  }

  function sort(heading) {
    const column = [...heading.parentElement.children].indexOf(heading);
    const body = heading.closest("table").tBodies[0];
    const before = heading.getAttribute("aria-sort");
    const down = before === null ? heading.dataset.first === "descending" : before === "ascending";
    const order = (row) => row.children[column].dataset.order;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [order(a), order(b)];
      return x === "" || y === "" || !down ? compareCells(x, y) : compareCells(y, x);
    });
    body.append(...rows);
    all("th[aria-sort]", heading.parentElement).forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  }
  all("table.sortable thead th").forEach((heading) =>
    heading.querySelector("button").addEventListener("click", () => sort(heading)));

  all(".board").forEach((board) => {
    const choice = board.querySelector(".benchmark");
    const show = () => all("[data-table]", board).forEach((table) => { table.hidden = table.dataset.table !== choice.value; });
    if (!choice) return;
    choice.addEventListener("change", show);
    show();
  });
  all(".download").forEach((button) => button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([data.scores[button.dataset.task]], { type: "text/csv" }));
    link.download = `${button.dataset.task}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }));

  // Models: find one on the map and among the sections.
  const map = document.querySelector('[data-figure="map"]');
  const SHOWN = 8;
  const matching = (text) => data.models.flatMap((name, place) => name.toLowerCase().includes(text.toLowerCase()) ? [place] : []);

  function element(name, ...content) {
    const made = document.createElement(name);
    made.append(...content);
    return made;
  }
  const isolated = (text) => element("bdi", text);
  const joined = (parts) => parts.flatMap((part, i) => i ? [", ", part] : [part]);

  function link(place) {
    const made = element("a", isolated(data.labels[place]));
    made.href = `#model-${place}`;
    return made;
  }

  // A section a model, of which only the heading is made before it is opened.
  function fill(section, place) {
    const of = data.sections[place];
    const names = (title, list) => element("li", `${title}: `, ...(list.length ? joined(list.map(isolated)) : ["no benchmark for certain"]));
    const models = (title, list) => element("li", `${title}: `, ...joined(list.map(([other, said]) => element("span", link(other), ` (${said})`))));
    const items = [names("Better than its peers on", of.better), names("Worse than they on", of.worse)];
    if (of.nearest.length) items.push(models("Nearest", of.nearest));
    if (of.partners.length) items.push(models("Complementary, with the share that one of the two gets right", of.partners));
    section.append(element("p", of.about), element("ul", ...items));
    if (map) {
      const button = element("button", "Show on the map");
      button.type = "button";
      button.addEventListener("click", () => { mark(place); map.focus(); map.scrollIntoView(); });
      section.append(button);
    }
    if (!of.rows.length) return;
    const head = element("tr", ...["benchmark", "accuracy", "answers", "difference from peers"].map((title) => {
      const made = element("th", title);
      made.scope = "col";
      return made;
    }));
    const rows = of.rows.map(([benchmark, accuracy, asked, difference, verdict]) => {
      const name = element("th", isolated(benchmark));
      name.scope = "row";
      return element("tr", name, element("td", accuracy), element("td", asked), element("td", `${difference} ${verdict}`));
    });
    const table = element("table", element("caption", "Accuracy and difference from the peers, 95 % interval"),
      element("thead", head), element("tbody", ...rows));
    const box = element("div", table);
    Object.assign(box, { className: "scroll", tabIndex: 0, role: "region", ariaLabel: `Benchmarks of model ${place + 1}` });
    section.append(box);
    if (of.left) section.append(element("p", `${of.left} benchmarks with smaller differences are not shown.`));
  }
  document.getElementById("model-list")?.append(...data.order.map((place) => {
    const name = data.labels[place];
    const accuracy = data.sections[place].about.match(/Accuracy (\S+)/)?.[1] ?? "";
    const section = element("details", element("summary", isolated(name), " ", element("small", accuracy)));
    Object.assign(section, { className: "model", id: `model-${place}` });
    section.addEventListener("toggle", () => fill(section, place), { once: true });
    return section;
  }));

  all("[data-model]").forEach((cell) => cell.replaceChildren(link(Number(cell.dataset.model))));

  // Several are numbered as in the list of those found.
  function mark(...places) {
    if (!map.dataset.drawn) draw(map);
    const found = view(map).data.flatMap((trace) => trace.meta.texts.flatMap((text, i) =>
      places.includes(text) ? [{ x: trace.x[i], y: trace.y[i], number: places.indexOf(text) + 1 }] : []));
    const colour = getComputedStyle(document.body).color;
    const turn = (2 * Math.PI) / places.length; // arrows from all sides, since those found often lie together
    Plotly.relayout(map, { annotations: found.map(({ x, y, number }) => ({
      x, y, text: places.length > 1 ? String(number) : "here", showarrow: true, arrowhead: 2, arrowcolor: colour,
      ax: 45 * Math.sin(turn * (number - 0.5)), ay: -45 * Math.cos(turn * (number - 0.5)),
    })) });
  }

  document.getElementById("find")?.addEventListener("input", (event) => {
    const found = event.target.value ? matching(event.target.value) : [];
    const list = element("ol", ...found.slice(0, SHOWN).map((place) => element("li", link(place))));
    const said = event.target.value ? `${found.length} found${found.length > SHOWN ? `, ${SHOWN} shown` : ""}` : "";
    document.getElementById("found").replaceChildren(said, list);
    if (found.length) mark(...found.slice(0, SHOWN));
    else Plotly.relayout(map, { annotations: [] });
  });

  // A list shows its first entries that match, and all of them once asked to.
  function list(entries, kind, matches) {
    const count = document.getElementById(`${kind}-count`), more = document.getElementById(`${kind}-more`);
    let limit = FIRST;
    function show() {
      const kept = entries.filter(matches);
      const shown = new Set(kept.slice(0, limit));
      entries.forEach((entry) => { entry.hidden = !shown.has(entry); });
      count.textContent = shown.size < kept.length ? `${shown.size} of ${kept.length} ${kind}s` : `${kept.length} ${kind}s`;
      more.hidden = shown.size === kept.length;
    }
    more.addEventListener("click", () => { limit = Infinity; show(); });
    show();
    return show;
  }
  const finder = document.getElementById("find-section");
  if (finder) {
    const sections = all("details.model");
    let found = new Set(matching(""));
    const show = list(sections, "model", (section) => found.has(Number(section.id.slice("model-".length))));
    finder.addEventListener("input", () => { found = new Set(matching(finder.value)); show(); });
  }
  function open() {
    const target = /^#model-\d+$/.test(location.hash) && document.querySelector(location.hash);
    if (!target) return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", open);
  open();

  // Questions: choose some, and say who was right when one is opened.
  const members = (bits) => [...bits].flatMap((digit, place) =>
    [0, 1, 2, 3].filter((bit) => parseInt(digit, 16) >> bit & 1).map((bit) => 4 * place + bit));

  const names = (title, places) => element("p", `${title} (${places.length}): `, ...joined(places.map(link)));
  all("details.question").forEach((question) => question.addEventListener("toggle", () => {
    const box = question.querySelector(".who");
    if (!question.open || box.dataset.filled) return;
    box.dataset.filled = "yes";
    const right = members(data.answered[question.dataset.number]);
    const known = new Set(right);
    const wrong = members(data.asked[question.dataset.number]).filter((place) => !known.has(place));
    box.replaceChildren(names("Right", right), names("Wrong", wrong));
  }));
  const filters = ["kind", "of-benchmark", "containing"].map((id) => document.getElementById(id));
  const share = ({ dataset }) => Number(dataset.share);
  const clearest = { // what is most so has the smallest number
    hardest: share,
    discriminating: ({ dataset }) => -dataset.discrimination,
    disputed: (question) => Math.abs(share(question) - 0.5) + Math.abs(question.dataset.discrimination) / 1000,
  };
  function wanted(question) {
    const [kind, benchmark, text] = filters.map((filter) => filter.value);
    return (!kind || question.dataset.kinds.split(" ").includes(kind))
      && (!benchmark || question.dataset.benchmark === benchmark)
      && (!text || question.querySelector("pre").textContent.toLowerCase().includes(text.toLowerCase()));
  }
  if (filters[0]) {
    const questions = all("details.question"), show = list(questions, "question", wanted);
    filters[0].addEventListener("input", () => {
      const most = clearest[filters[0].value] ?? clearest.hardest;
      questions.sort((a, b) => most(a) - most(b));
      questions[0].parentElement.append(...questions);
    });
    filters.forEach((filter) => filter.addEventListener("input", show));
  }
})();
