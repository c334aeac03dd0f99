// What the scripts of a page remember about a request, from its beginning to its end. It adds nothing by itself, and
// htmx's own objects stay as htmx made them.
const known = new WeakMap();

export const about = (ctx) => {
  if (!ctx) return {};
  if (!known.has(ctx)) known.set(ctx, {});
  return known.get(ctx);
};
