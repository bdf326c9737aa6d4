/** Who asks: the identity behind an API request, as far as policy, history and logs need it. */
export interface Caller {
  /** `req-<uuid>`; follows the request from the API to the conductor and the BMC call. */
  request_id: string;
  user_id: string | null;
  project_id: string | null;
  /** True for a token of system scope (`OpenStack-System-Scope: all`). */
  system_scope: boolean;
  /** Lower case, with the implied ones. */
  roles: readonly string[];
  /** Roles of the service token, when one came along. */
  service_roles: readonly string[];
  /** auth_strategy noauth or http_basic: every policy rule passes, except those that show secrets. */
  unrestricted: boolean;
  user_name?: string | null;
  user_domain_id?: string | null;
  project_name?: string | null;
  project_domain_id?: string | null;
  /** Set for a token of domain scope, which no rule of the API accepts. */
  domain_id?: string | null;
  /** The token's project is the admin project, or the identity service names none (then true, as in keystonemiddleware). */
  is_admin_project?: boolean;
  /** True for anonymous callers of public routes. */
  is_public_api?: boolean;
}
