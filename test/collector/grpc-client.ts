import {
  type CallOptions,
  Client,
  type ClientOptions,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'

export const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
export const METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
export const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

/** What a call ended with; `body` is the answer's bytes when it is OK. */
export interface GrpcReply {
  code: string
  message: string
  body: Buffer
  /** `grpc-status-details-bin`, as bytes; empty without. */
  details: Buffer
}

export interface GrpcCall {
  path?: string
  metadata?: Record<string, string>
  options?: CallOptions
}

const raw = (bytes: Buffer) => bytes

/** A grpc-js client that sends bytes as they are. */
export class GrpcClient implements Disposable {
  readonly #client: Client

  constructor(url: string, options: ClientOptions = {}) {
    this.#client = new Client(new URL(url).host, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      // A pool of its own, so that connections of one test are not another's.
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    })
  }

  call(body: Buffer, { path = TRACES, metadata = {}, options = {} }: GrpcCall = {}): Promise<GrpcReply> {
    const head = new Metadata()
    for (const [name, value] of Object.entries(metadata)) head.set(name, value)
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(path, raw, raw, body, head, options, (error: ServiceError | null, answer) => {
        const details = error?.metadata.get('grpc-status-details-bin')[0]
        resolve({
          code: error ? status[error.code]! : 'OK',
          message: error?.details ?? '',
          body: answer ?? Buffer.alloc(0),
          details: Buffer.isBuffer(details) ? details : Buffer.alloc(0),
        })
      })
    })
  }

  [Symbol.dispose](): void {
    this.#client.close()
  }
}

/** Makes a client compress what it sends. */
export const GZIP: ClientOptions = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }
export const DEFLATE: ClientOptions = { 'grpc.default_compression_algorithm': compressionAlgorithms.deflate }
