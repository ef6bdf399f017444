// The buttons at the corner of the canvas, and the list of its keys.
import { Panel } from "@xyflow/react";
import { Keyboard, Redo2, Undo2, UserRound, Workflow } from "lucide-react";

export function Tools({ texts, readonly, history, people, send, help, setHelp }) {
  return (
    <>
      <Panel position="top-right" className="wb-tools">
        {readonly ? null : (
          <>
            <button
              title={`${texts.undo} (Ctrl+Z)`}
              aria-label={texts.undo}
              disabled={!history.undo}
              onClick={() => send({ type: "undo" })}
              data-testid="undo"
            >
              <Undo2 size={17} />
            </button>
            <button
              title={`${texts.redo} (Ctrl+Shift+Z)`}
              aria-label={texts.redo}
              disabled={!history.redo}
              onClick={() => send({ type: "redo" })}
              data-testid="redo"
            >
              <Redo2 size={17} />
            </button>
            <span className="wb-rule" />
            <button
              title={texts.arrange}
              aria-label={texts.arrange}
              onClick={() => send({ type: "arrange" })}
              data-testid="arrange"
            >
              <Workflow size={17} />
            </button>
          </>
        )}
        <button
          title={texts.people}
          aria-label={texts.people}
          aria-pressed={people}
          className={people ? "is-down" : ""}
          onClick={() => send({ type: "people", shown: !people })}
          data-testid="people"
        >
          <UserRound size={17} />
        </button>
        <button
          title={`${texts.shortcuts} (?)`}
          aria-label={texts.shortcuts}
          aria-pressed={help}
          className={help ? "is-down" : ""}
          onClick={() => setHelp(!help)}
        >
          <Keyboard size={17} />
        </button>
      </Panel>
      {help ? (
        <Panel position="top-right" className="wb-help">
          {(texts.keys || []).map(([keys, meaning]) => (
            <div key={keys}>
              <kbd>{keys}</kbd>
              <span>{meaning}</span>
            </div>
          ))}
        </Panel>
      ) : null}
    </>
  );
}
