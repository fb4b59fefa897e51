import { randomUUID } from "node:crypto";

/** An error as the platform answers it. */
export class ApiError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 422 | 500;
  readonly code: string;
  readonly field: string | undefined;

  constructor(status: ApiError["status"], code: string, message: string, field?: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

export function invalid(field: string, problem: string): ApiError {
  return new ApiError(422, "validation_failed", problem, field);
}

/** The body of an error answer. `operation` says what the RGW service was to do; other calls have none. */
export function envelope(
  error: {
    readonly status: number;
    readonly code: string;
    readonly message: string;
    readonly field?: string | undefined;
  },
  operation?: string,
): object {
  const { status, code, field } = error;
  const invalidField = code === "validation_failed" && field !== undefined;
  return {
    request_id: randomUUID(),
    errors: [
      {
        code,
        message: invalidField ? "Validation failed" : error.message,
        status,
        ...(field === undefined ? {} : { field }),
        ...(operation === undefined ? {} : { source: { service: "rgw", operation } }),
        ...(invalidField ? { meta: { validation_errors: { [field]: [error.message] } } } : {}),
      },
    ],
  };
}
