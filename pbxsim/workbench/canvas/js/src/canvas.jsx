// The call-flow canvas. Python owns the graph: the browser reports what a person wants (move, connect, delete, add,
// rename, select, undo, redo, arrange, save) and Python answers with a new graph. Cheap and frequent state (the path of
// a previewed call) travels apart, in `overlay`.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import {
  Background,
  BackgroundVariant,
  Controls,
  MiniMap,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  applyEdgeChanges,
  applyNodeChanges,
  useNodesInitialized,
  useUpdateNodeInternals,
  useReactFlow,
} from "@xyflow/react";
import { FIT, LEAST, LEGIBLE, freePlace, useCamera } from "./camera.js";
import { Card } from "./card.jsx";
import { Edge } from "./edge.jsx";
import { CanvasContext } from "./context.js";
import { makeHost, useValue } from "./host.js";
import { DropMenu, Ghost, Palette } from "./palette.jsx";
import { Dots, ReplayBar, UnderWay, useDay, useReplay } from "./replay.jsx";
import { Search } from "./search.jsx";
import { useShortcuts } from "./shortcuts.js";
import { Tools } from "./tools.jsx";
import "@xyflow/react/dist/style.css";
import "./canvas.css";

const NODE_TYPES = { card: Card };
const EDGE_TYPES = { route: Edge };

// Said by both in the same order, as Python writes it.
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function Canvas({ host, root }) {
  const sent = useValue(host, host.inPanel ? "picture" : "graph");
  const graph = useMemo(() => (typeof sent === "string" ? JSON.parse(sent || "null") : sent), [sent]);
  const given = useValue(host, "overlay") || {};
  const replay = useReplay(useValue(host, "replay"));
  const listed = useDay(replay, (day) => day.listed);
  const followed = useDay(replay, (day) => JSON.stringify(day.way()));
  const overlay = useMemo(() => JSON.parse(followed) || given, [followed, given]);
  const kinds = useValue(host, "kinds") || [];
  const texts = useValue(host, "texts") || {};
  const theme = useValue(host, "theme");
  const readonly = useValue(host, "readonly");
  const history = useValue(host, "history") || {};
  const focus = useValue(host, "focus");
  const [nodes, setNodes] = useState([]);
  const [edges, setEdges] = useState([]);
  const [renaming, setRenaming] = useState(null);
  const [drop, setDrop] = useState(null);
  const [held, setHeld] = useState(null);
  const [help, setHelp] = useState(false);
  const flow = useReactFlow();
  const ready = useNodesInitialized();
  const search = useRef(null);
  const latest = useRef({});
  latest.current = { nodes, edges, overlay };
  const done = useRef(null);
  const selected = useRef(undefined);
  const send = useCallback((message) => host.send(message), [host]);

  // --- Python to browser -----------------------------------------------------------------------------------------
  useEffect(() => {
    // a card or a line of which nothing has changed stays the object it is, so that it is not drawn again
    setNodes((old) => {
      const known = new Map(old.map((node) => [node.id, node]));
      return (graph?.nodes || []).map((data) => {
        const node = known.get(data.id);
        const stays = node && node.position.x === data.x && node.position.y === data.y;
        if (stays && node.draggable === !readonly && same(node.data, data)) return node;
        return {
          ...(node || {}),
          id: data.id,
          type: "card",
          position: { x: data.x, y: data.y },
          data,
          width: data.w,
          height: data.h,
          draggable: !readonly,
          deletable: data.can_delete,
          ariaLabel: `${data.kind_label} ${data.title} ${data.number || ""}`,
        };
      });
    });
    setEdges((old) => {
      const known = new Map(old.map((edge) => [edge.id, edge]));
      return (graph?.edges || []).map((data) => {
        const edge = known.get(data.id);
        const reconnectable = readonly || data.member ? false : "target";
        if (edge && edge.reconnectable === reconnectable && same(edge.data, data)) return edge;
        return {
          id: data.id,
          source: data.source,
          target: data.target,
          sourceHandle: data.port,
          type: "route",
          data,
          ariaLabel: data.label,
          selected: !!edge?.selected,
          zIndex: 0,
          reconnectable,
        };
      });
    });
  }, [graph, readonly]);

  const follow = useCamera({ flow, root, latest, ready, lit: overlay });

  useEffect(() => {
    // Python asks to show a card; once per request, when the card is there
    if (!focus || focus.seq === done.current || !ready) return;
    if (focus.id && !latest.current.nodes.some((node) => node.id === focus.id)) return;
    done.current = focus.seq;
    if (focus.fit) requestAnimationFrame(() => follow(300) || flow.fitView({ ...FIT, duration: 300 }));
    if (!focus.id) return;
    selected.current = focus.id;
    setNodes((all) =>
      all.map((node) => (!!node.selected === (node.id === focus.id) ? node : { ...node, selected: !node.selected })),
    );
    if (focus.centre) flow.fitView({ nodes: [{ id: focus.id }], duration: 350, maxZoom: 1, minZoom: LEGIBLE });
  }, [focus, nodes, ready, flow, follow]);

  // --- browser to Python -----------------------------------------------------------------------------------------
  const sendMoves = useCallback(
    (moved) => {
      if (moved.length)
        send({
          type: "move",
          places: Object.fromEntries(moved.map((node) => [node.id, [node.position.x, node.position.y]])),
        });
    },
    [send],
  );
  const arrows = useRef(null);
  const onNodesChange = useCallback(
    (changes) => {
      const kept = changes.filter((change) => change.type !== "remove");
      setNodes((all) => applyNodeChanges(kept, all));
      if (
        kept.some((change) => change.type === "position" && change.dragging === false && !latest.current.dragging)
      ) {
        clearTimeout(arrows.current); // arrow keys: one intent when the person pauses
        arrows.current = setTimeout(() => {
          const ids = new Set(kept.filter((change) => change.type === "position").map((change) => change.id));
          sendMoves(
            latest.current.nodes.filter(
              (node) => ids.has(node.id) && (node.position.x !== node.data.x || node.position.y !== node.data.y),
            ),
          );
        }, 350);
      }
    },
    [sendMoves],
  );
  const onEdgesChange = useCallback(
    (changes) =>
      setEdges((all) =>
        applyEdgeChanges(
          changes.filter((change) => change.type !== "remove"),
          all,
        ),
      ),
    [],
  );
  const onSelection = useCallback(
    ({ nodes: chosen }) => {
      const id = chosen.length === 1 ? chosen[0].id : null;
      if (id === selected.current || (id === null && selected.current === undefined)) return;
      selected.current = id;
      send({ type: "select", id });
    },
    [send],
  );
  // Python decides what goes.
  const remove = useCallback(() => {
    const cards = latest.current.nodes.filter((node) => node.selected && node.deletable).map((node) => node.id);
    const lines = latest.current.edges.filter((edge) => edge.selected).map((edge) => edge.id);
    if (cards.length || lines.length) send({ type: "delete", nodes: cards, edges: lines });
  }, [send]);
  const centre = useCallback(() => {
    const box = root.querySelector(".wb-area").getBoundingClientRect();
    return flow.screenToFlowPosition({ x: box.x + box.width / 2 - 70, y: box.y + box.height / 2 - 40 });
  }, [flow, root]);
  const onConnectEnd = useCallback(
    (event, state) => {
      if (
        readonly ||
        state.isValid ||
        !state.fromHandle ||
        state.fromHandle.type !== "source" ||
        state.fromHandle.id === "members"
      )
        return;
      if (!event.composedPath().some((item) => item.classList?.contains("react-flow__pane"))) return;
      const box = root.getBoundingClientRect();
      const point = "changedTouches" in event ? event.changedTouches[0] : event;
      const place = flow.screenToFlowPosition({ x: point.clientX, y: point.clientY - 20 });
      setDrop({
        source: state.fromNode.id,
        port: state.fromHandle.id,
        place: [place.x, place.y],
        x: Math.min(point.clientX - box.x, box.width - 210),
        y: Math.min(point.clientY - box.y, Math.max(8, box.height - 446)),
      });
    },
    [flow, readonly, root],
  );
  const choose = useCallback(
    (choice) => {
      if (choice.kind)
        send({ type: "add", kind: choice.kind, place: drop.place, source: drop.source, port: drop.port });
      if (choice.hangup) send({ type: "connect", source: drop.source, port: drop.port, target: "hangup" });
      if (choice.outside) send({ type: "outside", source: drop.source, port: drop.port });
      setDrop(null);
    },
    [drop, send],
  );
  const closeDrop = useCallback(() => setDrop(null), []);
  const jump = useCallback(
    (id) => {
      setNodes((all) => all.map((node) => ({ ...node, selected: node.id === id })));
      flow.fitView({ nodes: [{ id }], duration: 350, maxZoom: 1, minZoom: LEGIBLE });
    },
    [flow],
  );
  const isValid = useCallback((link) => {
    const target = latest.current.nodes.find((node) => node.id === link.target)?.data;
    if (!target || target.entry) return false;
    return link.sourceHandle !== "members" || (target.kind === "user" && link.source !== link.target);
  }, []);

  useShortcuts({ flow, readonly, remove, root, send, search, selected, setDrop, setHelp, setRenaming });

  // Cards that are drawn together are measured together: each time every card is told of it.
  const update = useUpdateNodeInternals();
  const waiting = useRef(new Set());
  const measure = useCallback(
    (id) => {
      if (!waiting.current.size)
        queueMicrotask(() => {
          update([...waiting.current]);
          waiting.current.clear();
        });
      waiting.current.add(id);
    },
    [update],
  );
  const context = useMemo(
    () => ({ overlay, replay, send, measure, readonly, renaming, setRenaming }),
    [overlay, replay, send, measure, readonly, renaming],
  );
  const aria = useMemo(
    () => ({
      ...texts.aria,
      "node.a11yDescription.ariaLiveMessage": ({ x, y }) => (texts.moved || "").replace("{x}", x).replace("{y}", y),
    }),
    [texts],
  );
  const titles = useMemo(
    () => Object.fromEntries((graph?.nodes || []).map((node) => [node.id, node.title || node.kind_label])),
    [graph],
  );
  const dark = theme === "dark";
  return (
    <CanvasContext.Provider value={context}>
      <div className={`wb-root ${dark ? "dark" : ""} ${readonly ? "is-readonly" : ""}`}>
        {readonly ? null : (
          <Palette
            kinds={kinds}
            texts={texts}
            onAdd={(kind) => {
              const at = freePlace(centre(), latest.current.nodes);
              send({ type: "add", kind, place: [at.x, at.y] });
            }}
            held={held}
            setHeld={setHeld}
            area={() => root.querySelector(".wb-area")}
            onDrop={(kind, x, y) => {
              const at = flow.screenToFlowPosition({ x: x - 60, y: y - 20 });
              send({ type: "add", kind, place: [at.x, at.y] });
            }}
          />
        )}
        <div className="wb-canvas" tabIndex={-1}>
          <div className="wb-area">
            <ReactFlow
              nodes={nodes}
              edges={edges}
              nodeTypes={NODE_TYPES}
              edgeTypes={EDGE_TYPES}
              onNodesChange={onNodesChange}
              onEdgesChange={onEdgesChange}
              onSelectionChange={onSelection}
              onConnect={(link) =>
                send({ type: "connect", source: link.source, port: link.sourceHandle, target: link.target })
              }
              onReconnect={(edge, link) =>
                send({ type: "connect", source: edge.source, port: edge.sourceHandle, target: link.target })
              }
              onConnectEnd={onConnectEnd}
              onNodeDragStart={() => {
                latest.current.dragging = true;
              }}
              onNodeDragStop={(_, __, moved) =>
                sendMoves(moved.filter((node) => node.position.x !== node.data.x || node.position.y !== node.data.y))
              }
              isValidConnection={isValid}
              nodesDraggable={!readonly}
              nodesConnectable={!readonly}
              edgesFocusable={false}
              edgesReconnectable={!readonly}
              deleteKeyCode={null}
              connectionRadius={46}
              zoomOnDoubleClick={false}
              snapToGrid
              snapGrid={[10, 10]}
              minZoom={LEAST}
              maxZoom={1.8}
              onlyRenderVisibleElements={nodes.length > 150}
              colorMode={dark ? "dark" : "light"}
              ariaLabelConfig={aria}
            >
              <Background variant={BackgroundVariant.Dots} gap={20} size={1.3} />
              <Panel position="top-left">
                <Search ref={search} nodes={graph?.nodes || []} texts={texts} onJump={jump} />
              </Panel>
              <Tools
                texts={texts}
                readonly={readonly}
                history={history}
                people={!!graph?.people}
                send={send}
                help={help}
                setHelp={setHelp}
              />
              {replay ? <Dots replay={replay} root={root} /> : null}
            </ReactFlow>
            {listed ? <UnderWay replay={replay} titles={titles} /> : null}
            {graph?.nodes?.length === 0 ? <div className="wb-void">{texts.empty}</div> : null}
          </div>
          {replay ? <ReplayBar replay={replay} /> : null}
          <div className="wb-foot">
            <Controls
              showInteractive={false}
              orientation="horizontal"
              fitViewOptions={{ ...FIT, duration: 300 }}
              aria-label={texts.aria?.["controls.ariaLabel"]}
            />
            <MiniMap
              pannable
              zoomable
              style={{ width: 220, height: 56 }}
              nodeStrokeWidth={0}
              nodeBorderRadius={8}
              nodeColor={(node) => (dark ? node.data.color_dark : node.data.color)}
              ariaLabel={texts.minimap}
            />
          </div>
        </div>
        {held ? <Ghost held={held} root={root} /> : null}
        {drop ? <DropMenu at={drop} kinds={kinds} texts={texts} onChoose={choose} onClose={closeDrop} /> : null}
      </div>
    </CanvasContext.Provider>
  );
}

function render({ model, el }) {
  el.style.width = "100%";
  el.style.height = "100%";
  if (!el.style.minHeight) el.style.minHeight = "360px";
  const mount = document.createElement("div");
  mount.className = "wb-mount";
  el.appendChild(mount);
  const host = makeHost(model);
  const root = createRoot(mount);
  root.render(
    <ReactFlowProvider>
      <Canvas host={host} root={mount} />
    </ReactFlowProvider>,
  );
  const stop = () => root.unmount();
  if (host.inPanel) {
    model.on("lifecycle:remove", stop);
    return undefined;
  }
  return stop;
}

export default { render };
