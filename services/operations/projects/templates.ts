/** What `project.create` begins with: a workflow with nothing in it, as ComfyUI's page saves it. */
export const EMPTY_WORKFLOW = {
  last_node_id: 0,
  last_link_id: 0,
  nodes: [],
  links: [],
  groups: [],
  config: {},
  extra: {},
  version: 0.4,
};
