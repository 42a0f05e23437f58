import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EgressRefusedError, egressGuard, isReserved, mailGuard } from '../../evaluator/notify/egress.ts'

const PUBLIC = '93.184.215.14'

const guard = (changes: { allow?: string[]; insecureHttp?: boolean; addresses?: string[] } = {}) =>
  egressGuard({ allow: changes.allow ?? [], insecureHttp: changes.insecureHttp ?? false }, async () =>
    (changes.addresses ?? [PUBLIC]).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  )

describe('addresses off the public internet', () => {
  const reserved = `
    0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1
    192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.7 224.0.0.1 240.0.0.1 255.255.255.255
    :: ::1 fc00::1 fd12:3456::1 fe80::1 ff02::1 2001:db8::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1
    168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254 fe80::1%eth0 fe80::a9fe:a9fe%1
    ::ffff:0:127.0.0.1 ::ffff:0:a9fe:a9fe ::ffff:168.63.129.16 ::168.63.129.16 ::ffff:0:168.63.129.16
    64:ff9b::a83f:8110 2002:a83f:8110::1 64:ff9b:1::a9fe:a9fe 64:ff9b:1:ffff::1 2001:0:1:2:3:4:5601:5601 2001:0:7f00:1::
    2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:7f00:1 2002:101:101::5efe:7f00:1
    ::1.1.1.1 ::ffff:0:1.1.1.1 100::1 200::1 400::1 1000::1 4000::1 8000::1 c000::1 f000::1 fec0::1
    64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 2002:7f00:1:: 2002:a9fe:a9fe:: 2002:c0a8:101::1`
  for (const address of reserved.trim().split(/\s+/)) {
    it(`${address} is reserved`, () => expect(isReserved(address)).toBe(true))
  }
  const open = `1.1.1.1 93.184.215.14 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.169.0.1 223.255.255.254
    168.63.129.15 168.63.129.17 2606:4700::5efe:1.1.1.1 2a00::1 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::1`
  for (const address of open.trim().split(/\s+/)) {
    it(`${address} is not`, () => expect(isReserved(address)).toBe(false))
  }

  it('are the same in IPv4 and in every IPv6 form of it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const hex = address
          .split('.')
          .map((part) => Number(part).toString(16).padStart(2, '0'))
          .join('')
        const groups = `${hex.slice(0, 4)}:${hex.slice(4)}`
        const expected = isReserved(address)
        expect(isReserved(`::ffff:${groups}`)).toBe(expected)
        expect(isReserved(`64:ff9b::${groups}`)).toBe(expected)
        expect(isReserved(`2002:${groups}::1`)).toBe(expected)
        expect(isReserved(`2606:4700:1::5efe:${groups}`)).toBe(expected)
        if (expected)
          for (const prefix of ['::', '::ffff:0:', '64:ff9b:1::']) expect(isReserved(prefix + groups)).toBe(true)
      }),
    )
  })
})

describe('ports', () => {
  const at = (port: number, policy = {}) =>
    egressGuard({ allow: [], insecureHttp: false, ...policy }, async () => [{ address: PUBLIC, family: 4 }])(
      `https://hooks.example:${port}/`,
    )
  it('of public addresses are the usual ones, and those that are listed', async () => {
    await expect(at(443)).resolves.toMatchObject({ address: PUBLIC })
    await expect(at(8443)).rejects.toThrow(/port 8443 of hooks\.example.*egress\.ports/)
    await expect(at(8443, { ports: [8443] })).resolves.toMatchObject({ address: PUBLIC })
  })
  it('of ranges that are allowed are free', async () => {
    await expect(at(9900, { allow: [`${PUBLIC}/32`] })).resolves.toMatchObject({ address: PUBLIC })
  })
  it('of mail servers are those of mail', async () => {
    const check = mailGuard({ allow: [], insecureHttp: false }, async () => [{ address: PUBLIC, family: 4 }])
    for (const port of [25, 465, 587])
      await expect(check('smtp.example', port)).resolves.toMatchObject({ address: PUBLIC })
    await expect(check('smtp.example', 443)).rejects.toBeInstanceOf(EgressRefusedError)
  })
})

describe('a URL', () => {
  const REFUSED: Record<string, { url: string; with?: Parameters<typeof guard>[0]; because: RegExp }> = {
    'of another scheme is refused': { url: 'file:///etc/passwd', because: /file: is not allowed/ },
    'that is none is refused': { url: 'not a url', because: /not a URL/ },
    'with a password is refused': { url: 'https://me:pw@hooks.example/x', because: /user name or password/ },
    'over plain http is refused': { url: 'http://hooks.example/', because: /plain http/ },
    'whose host is private is refused': {
      url: 'https://hooks.example/',
      with: { addresses: ['10.0.0.7'] },
      because: /hooks\.example is 10\.0\.0\.7.*egress\.allow/,
    },
    'of which one address of several is private is refused': {
      url: 'https://hooks.example/',
      with: { addresses: [PUBLIC, '127.0.0.1'] },
      because: /127\.0\.0\.1/,
    },
    'with a loopback address is refused': { url: 'https://127.0.0.1/', because: /127\.0\.0\.1/ },
    'with a loopback address written as a number is refused': { url: 'https://2130706433/', because: /127\.0\.0\.1/ },
    'with a loopback address written in octal is refused': { url: 'https://0177.1/', because: /127\.0\.0\.1/ },
    'with a mapped address is refused': { url: 'https://[::ffff:169.254.169.254]/', because: /a9fe:a9fe/ },
    'without an address is refused': { url: 'https://hooks.example/', with: { addresses: [] }, because: /no address/ },
  }
  for (const [title, { url, with: changes, because }] of Object.entries(REFUSED)) {
    it(title, async () => {
      await expect(guard(changes)(url)).rejects.toThrow(because)
      await expect(guard(changes)(url)).rejects.toBeInstanceOf(EgressRefusedError)
    })
  }

  it('on the public internet is answered with the address to connect to', async () => {
    expect(await guard()('https://hooks.example/path')).toMatchObject({ address: PUBLIC, family: 4 })
  })

  it('in an allowed range passes, and only in that range', async () => {
    const local = guard({ allow: ['127.0.0.0/8'], insecureHttp: true })
    expect(await local('http://127.0.0.1:9900/hook')).toMatchObject({ address: '127.0.0.1' })
    await expect(local('http://10.0.0.1/hook')).rejects.toThrow('10.0.0.1')
  })

  it('may change its mind about a name, but not about a literal address', async () => {
    const refusal = async (url: string, addresses: string[]) =>
      guard({ addresses })(url).catch((error: EgressRefusedError) => error.permanent)
    expect(await refusal('https://hooks.example/', ['10.0.0.1'])).toBe(false)
    expect(await refusal('https://10.0.0.1/', [])).toBe(true)
  })

  it('is looked up by the real resolver unless told otherwise', async () => {
    const real = egressGuard({ allow: ['127.0.0.0/8', '::1'], insecureHttp: true })
    expect((await real('http://localhost:1/')).address).toMatch(/^(127\.0\.0\.1|::1)$/)
  })

  it('is never guarded by a list that cannot be read', () => {
    expect(() => guard({ allow: ['loopback'] })).toThrow('loopback is no address range')
  })
})
