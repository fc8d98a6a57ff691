import type { Sorting } from '../../data/row-view.ts';
import { Icon } from '../../design/icons.tsx';
import { COLUMNS, sortedBy } from './columns.ts';

export interface GridHeadProps {
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
  readonly allSelected: boolean;
  readonly onSelectAll: () => void;
}

export const GridHead = ({ sorting, onSort, allSelected, onSelectAll }: GridHeadProps) => (
  // biome-ignore-start lint/a11y: a table whose rows are drawn as they come into sight cannot be a <table>
  <div role="rowgroup" className="grid-head">
    <div role="row" aria-rowindex={1} className="grid-row grid-heads">
      <span role="columnheader" className="cell-select">
        <button
          type="button"
          className="box"
          aria-pressed={allSelected}
          aria-label={allSelected ? 'Select none' : 'Select all that are shown'}
          title={allSelected ? 'Select none' : 'Select all that are shown'}
          onClick={onSelectAll}
        >
          {allSelected && <Icon name="check" size={12} />}
        </button>
      </span>
      {COLUMNS.map(column => {
        const isSorted = sorting.column === column.id;
        return (
          <span
            key={column.id}
            role="columnheader"
            className={`cell-${column.id}`}
            aria-sort={isSorted ? (sorting.descending ? 'descending' : 'ascending') : 'none'}
          >
            <button
              type="button"
              className="head-button"
              onClick={() => onSort(sortedBy(column, sorting))}
            >
              {column.words}
              <span className="head-mark">
                {isSorted && <Icon name={sorting.descending ? 'down' : 'up'} size={12} />}
              </span>
            </button>
          </span>
        );
      })}
    </div>
  </div>
  // biome-ignore-end lint/a11y: as above
);
