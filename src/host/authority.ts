/**
 * Certificates by which a gateway stands in the place of named hosts, for one guest. The authority that has signed them can do so for
 * no other name, and its key is forgotten as soon as it has: for other hosts there is another one.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate as X509,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import type { Authority } from '../model/secrets.ts';

/** One name for all, since OpenSSL finds it by that: see session-files.ts. */
const AUTHORITY = 'ai-vm authority';

const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

const DAY = 86_400_000;
/** As long as a machine may live. Nobody outside of it trusts them. */
const YEARS = 20;

interface Party {
  readonly name: Name;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function party(commonName: string): Party {
  const attribute = new AttributeTypeAndValue({
    type: COMMON_NAME,
    value: new AttributeValue({ utf8String: commonName }),
  });
  const name = new Name([new RelativeDistinguishedName([attribute])]);
  return { name, ...generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) };
}

const bytesOf = (publicKey: KeyObject): Buffer => publicKey.export({ type: 'spki', format: 'der' });
const keyId = (publicKey: KeyObject): Buffer =>
  createHash('sha256').update(bytesOf(publicKey)).digest().subarray(0, 20);

const extension = (extnID: string, value: unknown, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

function certify(subject: Party, issuer: Party, now: Date, extensions: readonly Extension[]): string {
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    // Positive, and of a length that all readers take.
    serialNumber: new Uint8Array([0x40, ...randomBytes(15)]).buffer,
    signature: algorithm,
    issuer: issuer.name,
    // Clocks of guests are not always right.
    validity: new Validity({
      notBefore: new Date(now.getTime() - DAY),
      notAfter: new Date(now.getTime() + YEARS * 365 * DAY),
    }),
    subject: subject.name,
    subjectPublicKeyInfo: AsnConvert.parse(bytesOf(subject.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(subject.publicKey))),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyId(issuer.publicKey)) }),
      ),
    ]),
  });
  const signed = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), issuer.privateKey);
  const signatureValue = new Uint8Array(signed).buffer;
  const whole = AsnConvert.serialize(new X509({ tbsCertificate, signatureAlgorithm: algorithm, signatureValue }));
  const lines =
    Buffer.from(whole)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** @param hosts names in lower case; at least one */
export function makeAuthority(hosts: readonly string[], now: Date): Authority {
  const authority = party(AUTHORITY);
  const permitted = hosts.map((dNSName) => new GeneralSubtree({ base: new GeneralName({ dNSName }) }));
  const certificate = certify(authority, authority, now, [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign), true),
    extension(id_ce_nameConstraints, new NameConstraints({ permittedSubtrees: new GeneralSubtrees(permitted) }), true),
  ]);
  const leaves = hosts.map((dNSName) => {
    const leaf = party('ai-vm gateway');
    const own = certify(leaf, authority, now, [
      extension(id_ce_basicConstraints, new BasicConstraints(), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, new SubjectAlternativeName([new GeneralName({ dNSName })])),
    ]);
    const key = leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return [dNSName, { certificate: own, key }] as const;
  });
  return { hosts, certificate, leaves: Object.fromEntries(leaves) };
}
