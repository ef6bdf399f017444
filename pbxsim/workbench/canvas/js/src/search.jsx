// Find a card by name, number or kind; Enter or a click jumps to it.
import { forwardRef, useMemo, useState } from "react";
import { Search as Lens } from "lucide-react";
import { KindIcon } from "./icons.jsx";

const SHOWN = 8;

export const Search = forwardRef(function Search({ nodes, texts, onJump }, field) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const hits = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    if (!wanted) return [];
    const rank = (node) => {
      if ((node.number || "").startsWith(wanted)) return 0;
      if (node.title.toLowerCase().includes(wanted)) return 1;
      return `${node.number || ""} ${node.kind_label} ${node.subtitle || ""}`.toLowerCase().includes(wanted) ? 2 : 3;
    };
    const ranked = nodes.map((node) => [rank(node), node]).filter(([place]) => place < 3);
    ranked.sort((a, b) => a[0] - b[0]);
    return ranked.slice(0, SHOWN).map(([, node]) => node);
  }, [query, nodes]);
  const jump = (hit) => {
    if (hit) {
      onJump(hit.id);
      setQuery("");
      setAt(0);
    }
  };
  return (
    <div className="wb-search">
      <Lens size={15} aria-hidden="true" />
      <input
        ref={field}
        placeholder={texts.search}
        aria-label={texts.search}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={!!query.trim()}
        aria-controls="wb-hits"
        aria-activedescendant={hits.length ? `wb-hit-${at}` : undefined}
        value={query}
        data-testid="search"
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onBlur={() => setTimeout(() => setQuery(""), 150)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") jump(hits[at]);
          if (event.key === "Escape") {
            setQuery("");
            event.target.blur();
          }
          if (event.key === "ArrowDown") {
            event.preventDefault();
            setAt(Math.min(at + 1, hits.length - 1));
          }
          if (event.key === "ArrowUp") {
            event.preventDefault();
            setAt(Math.max(at - 1, 0));
          }
        }}
      />
      {query.trim() ? (
        <div className="wb-hits" id="wb-hits" role="listbox" aria-label={texts.search}>
          {hits.map((hit, i) => (
            <div
              key={hit.id}
              id={`wb-hit-${i}`}
              role="option"
              aria-selected={i === at}
              className={i === at ? "is-at" : ""}
              style={{ "--k": hit.color, "--kd": hit.color_dark }}
              onPointerDown={(event) => {
                event.preventDefault();
                jump(hit);
              }}
            >
              <span className="wb-icon">
                <KindIcon name={hit.icon} size={13} />
              </span>
              <span>{hit.title || hit.kind_label}</span>
              <i>{hit.number}</i>
            </div>
          ))}
          {hits.length ? null : (
            <div className="is-none" role="option" aria-disabled="true" aria-selected="false">
              {texts.nothing_found}
            </div>
          )}
        </div>
      ) : null}
    </div>
  );
});
