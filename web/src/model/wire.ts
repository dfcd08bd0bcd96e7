// The JSON of our wire format (version 1) as this page reads it.

export interface Figure {
  unit: string;
  age: "fresh" | "late" | "withheld";
  value?: number;
  low?: number;
  high?: number;
  heard?: string;
  reason?: string;
  as_of: string;
}

export interface OpenState {
  state: "open" | "closed";
  until?: string;
  opens?: string;
}

export interface ServiceState {
  open: OpenState;
  closure?: { reason: string; next_update_at?: string };
  usual_wait?: { value: number };
}

export interface ServiceCard extends ServiceState {
  id: string;
  readings: Record<string, Figure>;
}

export type Values = Record<string, unknown>;

interface Place {
  epoch: string;
  seq: number;
}

export type Message =
  | ({ type: "hello"; proto: number; server_time: string; heartbeat_s: number } & Place)
  | ({ type: "snapshot"; topic: string; as_of: string; data: Values } & Place)
  | ({ type: "delta"; topic: string; as_of: string; data: { set: Values; unset: string[] } } & Place)
  | { type: "heartbeat" | "pong"; seq: number; server_time: string }
  | { type: "bye"; retry_ms: number }
  | { type: "error"; code: string };
