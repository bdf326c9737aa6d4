/**
 * Which keys of a JSON object hold a secret: one list for masking in answers and logs and for encryption at rest.
 * The words are oslo.utils' (strutils.mask_dict_password), which Ironic's API masks with.
 */
export const SECRET_WORDS: readonly string[] = [
  'adminpass',
  'admin_pass',
  'password',
  'admin_password',
  'auth_token',
  'new_pass',
  'auth_password',
  'secret_uuid',
  'secret',
  'sys_pswd',
  'token',
  'configdrive',
  'chappassword',
  'encrypted_key',
  'private_key',
  'fernetkey',
  'sslkey',
  'passphrase',
  'cephclusterfsid',
  'octaviaheartbeatkey',
  'rabbitcookie',
  'cephmanilaclientkey',
  'pacemakerremoteauthkey',
  'designaterndckey',
  'cephadminkey',
  'heatauthencryptionkey',
  'cephclientkey',
  'keystonecredential',
  'barbicansimplecryptokek',
  'cephrgwkey',
  'swifthashsuffix',
  'migrationsshkey',
  'cephmdskey',
  'cephmonkey',
];

/** What stands in the place of a secret. */
export const MASK = '******';

/** Names that are secret in one field of a record though no secret word is in them. */
export const SECRET_FIELD_NAMES: Readonly<Record<string, readonly string[]>> = {
  driver_info: ['snmp_auth_key', 'snmp_priv_key'],
  instance_info: ['image_url'],
};

const SECRET_PATTERN = new RegExp(SECRET_WORDS.join('|'), 'i');

/**
 * True when the value under `name` is a secret: the lower-cased name contains a secret word, or is listed for `field`
 * (driver_info, instance_info …), the record's field that holds the object.
 */
export function isSecretName(name: string, field?: string): boolean {
  if (SECRET_PATTERN.test(name)) return true;
  return field !== undefined && (SECRET_FIELD_NAMES[field]?.includes(name.toLowerCase()) ?? false);
}
