export { type FollowOptions, followServer } from './follow-server.ts';
export type { FeedStatus, ServerFeedItem } from './items.ts';
export type { ClientSocket, OpenSocket } from './socket.ts';
