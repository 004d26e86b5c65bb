// Figures by keyboard: arrow keys go from point to point, and what Plotly shows of a point is said below the figure.
(() => {
  const STEPS = { ArrowLeft: ["along", -1], ArrowRight: ["along", 1], ArrowUp: ["across", -1], ArrowDown: ["across", 1] };
  const DELAY = 80; // milliseconds: Plotly shows at most a point in 50
  const places = new WeakMap(); // figure -> its point that was shown last
  let saying; // what waits for Plotly

  const isShown = (trace) => trace.visible === undefined || trace.visible === true;
  const isThere = (box, { curveNumber, pointNumber }) => {
    const trace = box.data[curveNumber];
    if (!trace || !isShown(trace)) return false;
    if (trace.type === "heatmap") return trace.z[pointNumber[0]]?.[pointNumber[1]] !== undefined;
    const value = trace.x[pointNumber];
    return value !== undefined && value !== null && trace.y[pointNumber] !== null && !(trace.type === "bar" && value === 0);
  };

  // Loose points are gone through by place: from left to right, or from above downwards.
  function inOrder(box, way) {
    const [first, second] = way === "along" ? ["x", "y"] : ["y", "x"];
    const down = way === "across" && !(box.layout.yaxis.range?.[0] > box.layout.yaxis.range?.[1]) ? -1 : 1;
    const found = box.data.flatMap((trace, curveNumber) => trace.x.map((_, pointNumber) => ({ curveNumber, pointNumber })));
    const value = (point, axis) => box.data[point.curveNumber][axis][point.pointNumber];
    return found.filter((point) => isThere(box, point))
      .sort((a, b) => down * (value(a, first) - value(b, first)) || value(a, second) - value(b, second));
  }

  // Lines, bars and cells have rows and columns.
  function stepped(box, { curveNumber, pointNumber }, way, step) {
    const { type } = box.data[curveNumber];
    if (type === "heatmap") {
      const [row, column] = pointNumber;
      return { curveNumber, pointNumber: way === "along" ? [row, column + step] : [row + step, column] };
    }
    const withinTrace = (type === "bar") === (way === "across");
    return withinTrace ? { curveNumber, pointNumber: pointNumber + step } : { curveNumber: curveNumber + step, pointNumber };
  }

  function next(box, way, step) {
    const last = places.get(box), at = last && isThere(box, last) ? last : undefined; // another view has other points
    const loose = box.data.every((trace) => trace.mode === "markers");
    if (loose) {
      const points = inOrder(box, way);
      const place = at ? points.findIndex((p) => p.curveNumber === at.curveNumber && p.pointNumber === at.pointNumber) : -1;
      if (place < 0) return points[0];
      return points[Math.min(Math.max(place + step, 0), points.length - 1)];
    }
    if (!at) {
      const curveNumber = box.data.findIndex(isShown);
      return curveNumber < 0 ? undefined : { curveNumber, pointNumber: box.data[curveNumber].type === "heatmap" ? [0, 0] : 0 };
    }
    const curves = box.data.length, longest = Math.max(...box.data.map((trace) => (trace.x ?? trace.z).length));
    for (let tried = stepped(box, at, way, step), left = curves + longest; left > 0; left -= 1) {
      if (isThere(box, tried)) return tried;
      tried = stepped(box, tried, way, step);
    }
    return at;
  }

  function lines(box) {
    return [...box.querySelectorAll(".hoverlayer .hovertext text")].flatMap((text) => {
      const parts = [...text.querySelectorAll("tspan.line")];
      return (parts.length ? parts : [text]).map((part) => part.textContent.trim()).filter(Boolean);
    });
  }

  function say(box, { curveNumber, pointNumber }) {
    const place = box.data[curveNumber].customdata?.[pointNumber];
    const parts = [lines(box).join("; ").replace(":; ", ": ")];
    if (box.dataset.figure === "map" && typeof place === "number") {
      const link = document.createElement("a");
      link.href = `#model-${place}`;
      link.textContent = "Its section";
      parts.push(". ", link);
    }
    box.closest("figure").querySelector(".said").replaceChildren(...parts);
  }

  // What the legend does for a pointer: h hides what the point belongs to, o shows it only, a shows all.
  function choose(box, key) {
    const at = places.get(box);
    if (box.data.length < 2 || (!at && key !== "a")) return;
    const here = box.data[at?.curveNumber];
    clearTimeout(saying);
    Plotly.restyle(box, { visible: box.data.map((trace) => {
      const wanted = { a: true, o: trace === here, h: trace !== here && isShown(trace) }[key];
      return wanted || "legendonly";
    }) });
    const said = { a: "All are shown.", o: `Only ${here?.name} is shown.`, h: `${here?.name} is hidden.` }[key];
    const decoded = new DOMParser().parseFromString(said, "text/html").body.textContent; // names are escaped for Plotly
    box.closest("figure").querySelector(".said").replaceChildren(decoded);
  }

  function pressed(event) {
    const box = event.currentTarget;
    if (!box.dataset.drawn || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && places.has(box)) box.closest("figure").querySelector(".said a")?.click();
    if (["h", "o", "a"].includes(event.key)) choose(box, event.key);
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const point = next(box, ...step);
    if (!point) return;
    places.set(box, point);
    const { curveNumber, pointNumber } = point;
    const cell = Array.isArray(pointNumber); // which Plotly knows by its place only
    Plotly.Fx.hover(box, [cell ? { curveNumber, xval: pointNumber[1], yval: pointNumber[0] } : point]);
    saying = setTimeout(() => say(box, point), DELAY);
  }

  document.querySelectorAll(".plot").forEach((box) => {
    box.addEventListener("keydown", pressed);
    box.addEventListener("blur", () => { if (box.dataset.drawn) Plotly.Fx.unhover(box); });
  });
})();
