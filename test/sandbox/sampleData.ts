/** One user of the sample data, with its buckets: bucket name to its objects, each a key and a size in bytes. */
export interface SampleUser {
  readonly name: string;
  readonly locked?: boolean;
  readonly buckets?: Readonly<Record<string, readonly SampleObject[]>>;
}
export type SampleObject = readonly [key: string, sizeBytes: number];

export interface SampleProject {
  readonly name: string;
  readonly users: readonly SampleUser[];
}

const kb = 1024;
const mb = 1024 * kb;
const days = ["2025-03-01", "2025-03-02", "2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06"];

/** What a team that runs a web shop could have. */
export const sampleProjects: readonly SampleProject[] = [
  { name: "web-shop", users: shopUsers() },
  {
    name: "data-platform",
    users: [
      { name: "kafka-tiered-storage" },
      {
        name: "ml-training-sets",
        buckets: {
          "training-sets": [
            ["README.md", 2 * kb],
            ["images/labels.csv", 88 * kb],
            ["reviews/2025-03/train.jsonl", 412 * kb],
            ["reviews/2025-03/test.jsonl", 51 * kb],
          ],
        },
      },
      { name: "legacy-import", locked: true },
    ],
  },
  { name: "playground", users: [] },
];

function shopUsers(): readonly SampleUser[] {
  return [
    { name: "billing-backups", buckets: { "billing-backups": backups(), "billing-exports": exports() } },
    { name: "ci-artifacts", buckets: { "ci-artifacts": artifacts(), "build-cache": [] } },
    { name: "web-assets", buckets: { "web-assets": assets() } },
    { name: "invoice-archive", locked: true, buckets: { "invoice-archive": invoices() } },
    {
      name: "terraform-state",
      locked: true,
      buckets: {
        "terraform-state": [
          ["network/terraform.tfstate", 38 * kb],
          ["production/terraform.tfstate", 214 * kb],
          ["staging/terraform.tfstate", 197 * kb],
        ],
      },
    },
    { name: "loki-chunks", buckets: { "loki-chunks": [] } },
    { name: "warehouse-nightly-exports-for-the-quarterly-compliance-report-with-seven-years-of-retention" },
    {
      name: "Büro-Ablage München 📦",
      buckets: {
        ablage: [
          ["Protokolle/Jour fixe 2025-02-11.odt", 31 * kb],
          ["Protokolle/Jour fixe 2025-02-18.odt", 29 * kb],
          ["Übergabe/Schlüsselliste (alt).ods", 17 * kb],
          ["Grüße & Küsse.txt", 412],
          ["Sommerfest ☀️/Einkauf.txt", 1 * kb],
        ],
      },
    },
  ];
}

function backups(): readonly SampleObject[] {
  return days.flatMap((day, index) => [
    [`postgres/${day}/billing.dump`, 220 * kb + index * 3211],
    [`postgres/${day}/billing.dump.sha256`, 77],
  ]);
}

function exports(): readonly SampleObject[] {
  return [
    ["2024/dunning-q4.csv", 143 * kb],
    ["2025/dunning-q1.csv", 98 * kb],
    ["2025/open-items.csv", 12 * kb],
  ];
}

function artifacts(): readonly SampleObject[] {
  const builds = Array.from({ length: 12 }, (_, index) => 4180 + index);
  return builds.flatMap((build) => [
    [`shop-frontend/${build}/bundle.tar.gz`, 96 * kb + build],
    [`shop-frontend/${build}/test-report.xml`, 14 * kb + build],
  ]);
}

function assets(): readonly SampleObject[] {
  return [
    ["favicon.ico", 4286],
    ["index.html", 3 * kb],
    ["css/shop.4f1c9a.css", 61 * kb],
    ["js/shop.b82e07.js", 318 * kb],
    ["js/shop.b82e07.js.map", 1 * mb],
    ["fonts/inter-variable.woff2", 344 * kb],
    ...["bicycle", "helmet", "lock", "pump", "saddle"].map((name): SampleObject => [
      `img/products/${name}.webp`,
      74 * kb,
    ]),
  ];
}

function invoices(): readonly SampleObject[] {
  return ["2023", "2024", "2025"].flatMap((year) =>
    Array.from({ length: 6 }, (_, index): SampleObject => [
      `${year}/R-${year}-${1001 + index}.pdf`,
      41 * kb + index * 377,
    ]),
  );
}
