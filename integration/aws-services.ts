import { cut } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'

/**
 * AWS services whose id has several words, spelled with and without spaces by different SDKs, and the names that older
 * SDKs and endpoints have for services: → the id that botocore and the newer SDKs use, in lower case and with dashes.
 * Keys have neither spaces nor the prefixes `amazon` and `aws`.
 * Sources: service ids of https://github.com/boto/botocore (data/…/service-2.json), `getServiceName()` of the AWS SDK for
 * Java 1.x, endpoint prefixes.
 */
const IDS = [
  'api-gateway',
  'app-mesh',
  'application-auto-scaling',
  'auto-scaling',
  'bedrock-agent',
  'bedrock-agent-runtime',
  'bedrock-runtime',
  'cloudwatch-logs',
  'cognito-identity',
  'cognito-identity-provider',
  'database-migration-service',
  'dynamodb-streams',
  'elastic-beanstalk',
  'elastic-load-balancing',
  'elastic-load-balancing-v2',
  'elastic-transcoder',
  'elasticsearch-service',
  'global-accelerator',
  'iot-data-plane',
  'kinesis-analytics',
  'kinesis-video',
  'lex-runtime-service',
  'personalize-runtime',
  'rds-data',
  'redshift-data',
  'route-53',
  'route53resolver',
  's3-control',
  'sagemaker-runtime',
  'secrets-manager',
  'service-catalog',
  'service-discovery',
  'service-quotas',
  'storage-gateway',
  'timestream-query',
  'timestream-write',
] as const

const OTHER_NAMES: Readonly<Record<string, string>> = {
  simplestorageservice: 's3',
  simplequeueservice: 'sqs',
  simplenotificationservice: 'sns',
  simpleemailservice: 'ses',
  email: 'ses',
  simplesystemsmanagement: 'ssm',
  systemsmanager: 'ssm',
  securitytokenservice: 'sts',
  keymanagementservice: 'kms',
  keymanagement: 'kms',
  identitymanagement: 'iam',
  elasticcomputecloud: 'ec2',
  elasticcontainerservice: 'ecs',
  elasticcontainerregistry: 'ecr',
  containerregistry: 'ecr',
  elasticfilesystem: 'efs',
  stepfunctions: 'sfn',
  states: 'sfn',
  logs: 'cloudwatch-logs',
  monitoring: 'cloudwatch',
  events: 'eventbridge',
  cloudwatchevents: 'eventbridge',
  kinesisfirehose: 'firehose',
  cognitoidp: 'cognito-identity-provider',
  cognitoidentityserviceprovider: 'cognito-identity-provider',
  elasticloadbalancingv2: 'elastic-load-balancing-v2',
  elasticsearch: 'elasticsearch-service',
  es: 'elasticsearch-service',
  iotdata: 'iot-data-plane',
  rdsdataservice: 'rds-data',
  redshiftdataapi: 'redshift-data',
  servicediscovery: 'service-discovery',
  cloudmap: 'service-discovery',
  streamsdynamodb: 'dynamodb-streams',
  runtimesagemaker: 'sagemaker-runtime',
  simpleworkflow: 'swf',
  relationaldatabaseservice: 'rds',
  autoscalingplans: 'auto-scaling-plans',
}

const BY_NAME: ReadonlyMap<string, string> = new Map([
  ...IDS.map((id): [string, string] => [id.replaceAll('-', ''), id]),
  ...Object.entries(OTHER_NAMES),
])

/** `Amazon S3`, `AmazonS3`, `S3Client`, `s3` → `s3`; `AmazonDynamoDBv2`, `DynamoDb` → `dynamodb`; '' for ''. */
export const awsServiceId: (name: string) => string = boundedMemo(
  (name) => {
    const text = cut(name, 200).toLowerCase().trim()
    const bare = text.replace(/^(?:com\.)?(?:amazonaws\.|amazon[ ._-]?|aws[ ._-]?)+/, '') || text
    const squeezed = bare.replace(/[^a-z0-9]/g, '')
    for (const key of [squeezed, squeezed.replace(/(?:v\d|client|async|service)$/, '')]) {
      const known = BY_NAME.get(key)
      if (known !== undefined) return known
    }
    return bare.replace(/(?<=[a-z0-9])(?:v2|[ -]?client)$/, '').replace(/[^a-z0-9]/g, '-')
  },
  { entries: 512 },
)
