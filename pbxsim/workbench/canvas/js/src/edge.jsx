// One edge: the route Python found around the cards, or a plain step while one of its ends is being dragged.
import { memo, useContext } from "react";
import { BaseEdge, getSmoothStepPath } from "@xyflow/react";
import { CanvasContext } from "./context.js";

const NEAR = 3;

export function rounded(points, radius) {
  const [first] = points;
  let path = `M${first[0]},${first[1]}`;
  for (let i = 1; i < points.length - 1; i += 1) {
    const [ax, ay] = points[i - 1],
      [x, y] = points[i],
      [bx, by] = points[i + 1];
    const before = Math.hypot(x - ax, y - ay),
      after = Math.hypot(bx - x, by - y);
    const r = Math.min(radius, before / 2, after / 2);
    if (r < 0.5) {
      path += `L${x},${y}`;
      continue;
    }
    const sx = x - ((x - ax) / before) * r,
      sy = y - ((y - ay) / before) * r;
    const ex = x + ((bx - x) / after) * r,
      ey = y + ((by - y) / after) * r;
    path += `L${sx},${sy}Q${x},${y} ${ex},${ey}`;
  }
  const [lx, ly] = points[points.length - 1];
  return `${path}L${lx},${ly}`;
}

export const Edge = memo(function Edge(props) {
  const { overlay } = useContext(CanvasContext);
  const { id, data, selected, sourceX, sourceY, targetX, targetY } = props;
  const points = data?.points;
  let path;
  if (points?.length) {
    const [ax, ay] = points[0],
      [bx, by] = points[points.length - 1];
    const fits =
      Math.abs(ax - sourceX) < 8 &&
      Math.abs(ay - sourceY) < NEAR &&
      Math.abs(bx - targetX) < 8 &&
      Math.abs(by - targetY) < NEAR;
    if (fits) path = rounded(points, 10);
  }
  if (!path) [path] = getSmoothStepPath({ ...props, borderRadius: 10, offset: 16 });
  const on = overlay.path?.includes(id);
  const traced = overlay.steps && Object.keys(overlay.steps).length > 0;
  const classes = [
    "wb-edge",
    data?.member && "is-member",
    on && "is-on",
    traced && !on && "is-dim",
    selected && "is-selected",
    data?.level && `is-${data.level}`,
  ]
    .filter(Boolean)
    .join(" ");
  return (
    <>
      <BaseEdge id={id} path={path} className={classes} interactionWidth={14} />
      {on ? (
        <circle r="4.5" className="wb-pulse">
          <animateMotion dur="1.8s" repeatCount="indefinite" path={path} />
        </circle>
      ) : null}
    </>
  );
});
