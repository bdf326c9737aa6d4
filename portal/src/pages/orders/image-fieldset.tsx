import { useInfiniteQuery } from '@tanstack/react-query';
import { listing } from '../../api/listing.ts';
import type { Profile } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { useText } from '../../text/text.ts';

const PROFILES = '/lifecycle/v1/profiles';

export interface ImageFields {
  /** Whether the servers get an operating system. */
  wanted: boolean;
  source: string;
  /** SHA-256 or SHA-512, hexadecimal. */
  checksum: string;
}

export const NO_IMAGE: ImageFields = { wanted: false, source: '', checksum: '' };

/** By the number of digits. */
const ALGORITHMS: Readonly<Record<number, string>> = { 64: 'sha256', 96: 'sha384', 128: 'sha512' };

/** The image as an order has it. */
export function imageOf({ wanted, source, checksum }: ImageFields): object | null {
  if (!wanted) return null;
  const value = checksum.trim().replace(/^sha\d+:/i, '');
  const algorithm = ALGORITHMS[value.length];
  if (algorithm !== undefined)
    return { image_source: source.trim(), image_os_hash_algo: algorithm, image_os_hash_value: value };
  return { image_source: source.trim(), ...(value === '' ? {} : { image_checksum: value }) };
}

interface Props {
  image: ImageFields;
  setImage: (image: ImageFields) => void;
  refused: string | null;
}

/** Which operating system the servers get, or none. */
export function ImageFieldset({ image, setImage, refused }: Props) {
  const say = useText();
  // A project is told its own and everybody's apart.
  const own = useInfiniteQuery(listing<Profile>(PROFILES, 'profiles')).data ?? [];
  const shared = useInfiniteQuery(listing<Profile>(PROFILES, 'profiles', { public: 'true' })).data ?? [];
  const images = [...new Map([...own, ...shared].map((profile) => [profile.uuid, profile])).values()].filter(
    (profile) => profile.image !== null,
  );
  return (
    <fieldset className="k-cards">
      <legend>{say('order.os')}</legend>
      {([false, true] as const).map((wanted) => (
        <label key={String(wanted)} className="k-card">
          <input
            type="radio"
            name="os"
            checked={image.wanted === wanted}
            onChange={() => setImage({ ...image, wanted })}
          />
          <span className="k-card-text">
            <span className="k-card-title">{say(wanted ? 'order.os.image' : 'order.os.none')}</span>
            <span className="k-quiet">{say(wanted ? 'order.os.image.body' : 'order.os.none.body')}</span>
          </span>
        </label>
      ))}
      {image.wanted && (
        <div className="k-fields k-field-wide">
          {images.length > 0 && (
            <Field
              id="order-profile"
              label={say('order.os.profile')}
              value=""
              onChange={(uuid) => {
                const found = images.find((profile) => profile.uuid === uuid);
                if (found !== undefined)
                  setImage({ wanted: true, source: found.image ?? '', checksum: found.image_checksum ?? '' });
              }}
              choices={[
                { value: '', label: say('order.os.profile.choose') },
                ...images.map(({ uuid, name }) => ({ value: uuid, label: name })),
              ]}
            />
          )}
          <Field
            id="order-image"
            label={say('order.os.source')}
            type="url"
            required
            value={image.source}
            onChange={(source) => setImage({ ...image, source })}
            refused={refused}
          />
          <Field
            id="order-checksum"
            label={say('order.os.checksum')}
            value={image.checksum}
            onChange={(checksum) => setImage({ ...image, checksum })}
            mono
          />
        </div>
      )}
    </fieldset>
  );
}
