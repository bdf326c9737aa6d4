import type { HostileBody } from '../hostile-body.ts';
import type { WireFault } from '../wire-fault.ts';

/** How a Redfish BMC misbehaves on the wire and behind it. Absent = it does not. */
export interface RedfishFaults {
  /** It takes connections and answers nothing. */
  silent?: true;
  /** What happens to its answers on their way. */
  wire?: WireFault;
  /** So many requests are answered 503; Infinity: all. */
  busy?: number;
  /** Retry-After of those answers; absent: none is told. */
  retry_after_s?: number;
  /** Answers to GET of a resource are this instead of the resource: see `hostileBody`. */
  body?: HostileBody;
  /** GET of resources is redirected to this URL. */
  redirect_to?: string;
  /** The links of resources point to this origin. */
  links_to?: string;
  /** Where sessions and tasks are told to be: this origin. */
  locations_at?: string;
  /** Properties that no resource has, with all that they lead to: a BMC of few means. */
  lacks?: readonly string[];
  /** Every session is refused, however fresh. */
  sessions_refused?: true;
  /** Sessions cannot be made: the collection answers this status. */
  session_status?: number;
  /** So many changes are refused with 412, whatever their ETag; Infinity: all that have one. */
  stale_etag?: number;
  /** It tells weak ETags, and takes only the strong form of them. */
  weak_etags?: true;
  /** Reset types that it offers, but refuses. */
  lies_about?: readonly string[];
  /** It offers no AllowableValues. */
  no_allowable_values?: true;
  /** It forgets to answer an action that it has carried out: the connection breaks. */
  drops_action_replies?: true;
  /** So many connections are cut once it has been given firmware for itself. */
  cuts_in_flash?: number;
  /** Virtual media is inserted only by who names the transfer protocol. */
  wants_transfer_protocol?: true;
  /** Virtual media has no actions: its image is a property, and nothing else can be set, as on iLO 4. */
  media_by_patch?: true;
  /** Its graphical console is redirected to this URL. */
  screen_at?: string;
  /** Viewers that its graphical console has room for. */
  kvm_places?: number;
  /** It repeats the request's credentials in its error messages. */
  tells_secrets?: true;
  /** Actions become tasks: how many looks they take, and how they end. */
  task?: { looks: number; end: 'Completed' | 'Exception' };
}
