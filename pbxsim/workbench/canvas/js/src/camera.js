// Where the canvas looks: the whole flow at first, the beginning of one that would be too small to read, the way of a call that is
// previewed. Names are read at every size (LEGIBLE).
import { useCallback, useEffect, useRef } from "react";

export const LEGIBLE = 0.9; // the smallest label on a card has 12.25 pixels: 11 are left of them
export const LEAST = 0.02; // however large a flow is, all of it can be shown
const LARGEST = 1.05;
export const FIT = { padding: { top: "58px", right: "24px", bottom: "24px", left: "24px" }, maxZoom: LARGEST, minZoom: LEAST };
const ROOM = { top: 62, right: 15, bottom: 30, left: 15 };

// Where a new card covers no other: the place itself, or the nearest one that is free.
const CARD = { width: 200, height: 165, gap: 12, step: 24, far: 60 };
export function freePlace(place, nodes) {
  const covers = ({ x, y }) =>
    nodes.some(
      ({ position, measured }) =>
        x < position.x + (measured?.width || CARD.width) + CARD.gap &&
        position.x < x + CARD.width + CARD.gap &&
        y < position.y + (measured?.height || CARD.height) + CARD.gap &&
        position.y < y + CARD.height + CARD.gap,
    );
  for (let ring = 0; ring <= CARD.far; ring += 1) {
    const away = ring * CARD.step;
    const around = [];
    for (let along = -ring; along <= ring; along += 1) {
      const side = along * CARD.step;
      around.push([side, away], [side, -away], [away, side], [-away, side]);
    }
    const found = around
      .sort(([a, b], [c, d]) => a * a + b * b - c * c - d * d)
      .map(([right, down]) => ({ x: place.x + right, y: place.y + down }))
      .find((one) => !covers(one));
    if (found) return found;
  }
  return place;
}

// Moves the view; `latest` holds nodes and overlay as they are now, `lit` is the way of a previewed call. Returns what goes
// along that way, and says whether there is one.
export function useCamera({ flow, root, latest, ready, lit }) {
  const fitted = useRef(0);
  // Show a part of the flow at a size that can be read: all of it, or its beginning or end where that is too much.
  const show = useCallback(
    (part, edge, duration = 0) => {
      const box = root.querySelector(".wb-area").getBoundingClientRect();
      const width = box.width - ROOM.left - ROOM.right;
      const height = box.height - ROOM.top - ROOM.bottom;
      const zoom = Math.min(LARGEST, Math.max(LEGIBLE, Math.min(width / part.width, height / part.height)));
      const wide = part.width * zoom > width + 1;
      const high = part.height * zoom > height + 1;
      let x = ROOM.left + width / 2 - (part.x + part.width / 2) * zoom;
      let y = ROOM.top + height / 2 - (part.y + part.height / 2) * zoom;
      if (wide) x = edge === "end" ? ROOM.left + width - (part.x + part.width) * zoom : ROOM.left - part.x * zoom;
      if (high) y = ROOM.top - part.y * zoom;
      flow.setViewport({ x, y, zoom }, duration ? { duration } : undefined);
    },
    [flow, root],
  );
  // The camera goes where the call went: its whole way if that can be read, or where it ended.
  const follow = useCallback(
    (duration = 0) => {
      const { steps, active } = latest.current.overlay;
      const passed = latest.current.nodes.filter((node) => steps?.[node.id]);
      if (!passed.length) return false;
      const box = root.querySelector(".wb-area").getBoundingClientRect();
      const whole = flow.getNodesBounds(passed);
      const end = flow.getNodesBounds([passed.find((node) => node.id === active) || passed[passed.length - 1]]);
      const width = (box.width - ROOM.left - ROOM.right) / LEGIBLE;
      const height = (box.height - ROOM.top - ROOM.bottom) / LEGIBLE;
      const part = { ...whole };
      if (whole.width > width) Object.assign(part, { x: end.x + end.width - width, width });
      if (whole.height > height) Object.assign(part, { y: end.y + end.height / 2 - height / 2, height });
      show(part, "end", duration);
      return true;
    },
    [flow, latest, root, show],
  );
  const way = JSON.stringify([lit.steps || {}, lit.active || ""]);
  useEffect(() => {
    if (ready && fitted.current) follow(350);
  }, [way, ready, follow]);

  // Fit when the cards are first measured, and again when the element gets another size (hidden before, or resized).
  // Where the whole flow would be too small to read, its beginning is shown instead.
  useEffect(() => {
    if (!ready) return undefined;
    const fit = async () => {
      if (follow()) return;
      await flow.fitView(FIT);
      if (flow.getZoom() >= LEGIBLE) return;
      const all = flow.getNodesBounds(latest.current.nodes);
      const first = flow.getNodesBounds(latest.current.nodes.filter((node) => node.position.x < all.x + 40));
      show({ ...all, y: first.y, height: first.height }, "start");
    };
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      const size = width * height;
      // Once for a size: cards that come later do not move the view.
      if (width > 0 && Math.abs(size - fitted.current) > 40000) requestAnimationFrame(fit);
      fitted.current = size;
    });
    observer.observe(root);
    return () => observer.disconnect();
  }, [ready, flow, latest, root, follow, show]);
  return follow;
}
