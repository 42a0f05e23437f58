import type { ComponentChildren } from 'preact'

/** The name of a column; numbers stand to the right, what needs no name for the eye is said to screen readers only. */
export type Column = string | { name: string; look: 'right' | 'unseen' }

export const right = (name: string): Column => ({ name, look: 'right' })
export const unseen = (name: string): Column => ({ name, look: 'unseen' })

interface TableProps {
  columns: readonly Column[]
  look?: string
  /** Rows. */
  children: ComponentChildren
}

export function Table({ columns, look, children }: TableProps) {
  return (
    <table class={look ? `table ${look}` : 'table'}>
      <thead>
        <tr>
          {columns.map((column) => (
            <Head key={typeof column === 'string' ? column : column.name} column={column} />
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

function Head({ column }: { column: Column }) {
  if (typeof column === 'string') return <th scope="col">{column}</th>
  if (column.look === 'right')
    return (
      <th scope="col" class="right">
        {column.name}
      </th>
    )
  return (
    <th scope="col">
      <span class="visually-hidden">{column.name}</span>
    </th>
  )
}

/** A table with a heading of its own, which scrolls in its own place where the screen is narrow. */
export function TitledTable({ id, title, ...table }: TableProps & { id: string; title: string }) {
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <div class="scroll">
        <Table {...table} />
      </div>
    </section>
  )
}
