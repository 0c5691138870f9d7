// What has come before its turn: ranges of a stream, joined where they touch, the newest first, as RFC 2018 4 wants them told.

export interface Range {
  readonly from: number;
  readonly to: number;
}

export class Early {
  #ranges: Range[] = [];

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  add(from: number, to: number): void {
    const apart = this.#ranges.filter((range) => range.to < from || range.from > to);
    const touched = this.#ranges.filter((range) => !apart.includes(range));
    const joined = {
      from: Math.min(from, ...touched.map((range) => range.from)),
      to: Math.max(to, ...touched.map((range) => range.to)),
    };
    this.#ranges = [joined, ...apart];
  }

  /** All up to `place` is there. Returns how far it goes on from there without a gap. */
  reach(place: number): number {
    const next = this.#ranges.find(({ from, to }) => from <= place && to > place);
    const end = next?.to ?? place;
    this.#ranges = this.#ranges.filter(({ to }) => to > end);
    return end;
  }
}
