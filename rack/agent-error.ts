/** An error of the agent, in the words and with the status codes of the real one (ironic_python_agent/errors.py). */
export class AgentError extends Error {
  readonly type: AgentErrorType;
  readonly code: number;
  readonly title: string;

  constructor(type: AgentErrorType, details: string) {
    super(details);
    this.type = type;
    this.code = ERRORS[type].code;
    this.title = ERRORS[type].title;
  }
}

const ERRORS = {
  AgentIsBusy: { code: 409, title: 'Agent is busy' },
  CleaningError: { code: 500, title: 'Clean step failed' },
  CommandExecutionError: { code: 500, title: 'Command execution failed' },
  DeploymentError: { code: 500, title: 'Deploy step failed' },
  ImageChecksumError: { code: 500, title: 'Error verifying image checksum' },
  ImageDownloadError: { code: 500, title: 'Error downloading image' },
  ImageWriteError: { code: 500, title: 'Error writing image to device' },
  InstanceDeployFailure: { code: 500, title: 'Command execution failed' },
  InvalidCommandError: { code: 400, title: 'Invalid command' },
  InvalidCommandParamsError: { code: 400, title: 'Invalid command parameters' },
  RequestedObjectNotFoundError: { code: 404, title: 'Not found' },
  ServicingError: { code: 500, title: 'Service step failed' },
  VersionMismatch: {
    code: 500,
    title: 'Hardware managers version mismatch, reload agent with correct version',
  },
} as const;

export type AgentErrorType = keyof typeof ERRORS;
