import type { Detector } from "@keelson/core";
import { isBreak } from "../window.ts";
import { isRandom } from "./randomness.ts";

// Forms that services publish for their keys and tokens, each with two fixed characters at its start, which
// choose what is tried.
const FORMS: readonly string[] = [
  // Clouds and hosting
  "AKIA[A-Z0-9]{16}", // AWS
  "ASIA[A-Z0-9]{16}", // AWS
  "ABIA[A-Z0-9]{16}", // AWS
  "ACCA[A-Z0-9]{16}", // AWS
  "AIza[\\w-]{35}", // Google API key
  "ya29\\.[\\w-]{20,400}", // Google OAuth
  "GOCSPX-[\\w-]{28}", // Google client secret
  "LTAI[A-Za-z0-9]{16,26}", // Alibaba Cloud
  "do[opr]_v1_[0-9a-f]{64}", // DigitalOcean
  "HRKU-[\\w-]{36,80}", // Heroku
  "v1\\.0-[0-9a-f]{24}-[0-9a-f]{146}", // Cloudflare origin CA
  "fo1_[\\w-]{43}", // Fly.io
  "fm1[ar]_[\\w+/=-]{40,500}", // Fly.io
  "nfp_[A-Za-z0-9]{36}", // Netlify
  "rnd_[A-Za-z0-9]{32}", // Render
  "pul-[0-9a-f]{40}", // Pulumi
  "tk-us-[\\w-]{48}", // Scalingo
  "YC[\\w-]{38}", // Yandex Cloud
  "AQVN[\\w-]{35,38}", // Yandex Cloud
  "tskey-[a-z]{3,12}-[\\w-]{16,80}", // Tailscale
  "dnkey-[\\w=-]{26}-[\\w=-]{52}", // Defined Networking
  "sha256~[\\w-]{43}", // OpenShift
  "dapi[0-9a-f]{32}(?:-\\d)?", // Databricks
  "pscale_(?:tkn|pw|oauth)_[\\w.-]{32,64}", // PlanetScale
  "sbp_[0-9a-f]{40}", // Supabase
  "sb_secret_[\\w-]{20,60}", // Supabase
  // Code and packages
  "gh[pousr]_[A-Za-z0-9]{36,255}", // GitHub
  "github_pat_\\w{60,255}", // GitHub
  "gl(?:pat|dt|ft|soat|rt|cbt|ptt|imt|agent|oas|ffct)-[\\w-]{20,64}(?:\\.[\\w.-]{2,48})?", // GitLab
  "GR1348941[\\w-]{20}", // GitLab runner
  "npm_[A-Za-z0-9]{36}", // npm
  "pypi-AgEIcHlwaS5vcmc[\\w-]{50,400}", // PyPI
  "rubygems_[0-9a-f]{48}", // RubyGems
  "CLOJARS_[a-z0-9]{60}", // Clojars
  "oy2[a-z0-9]{43}", // NuGet
  "AT(?:ATT3|BB|CTT3)[\\w=-]{28,220}", // Atlassian
  "AKCp[A-Za-z0-9]{66,74}", // Artifactory
  "sg[pd]_(?:[0-9a-fA-F]{16}_|local_)?[0-9a-fA-F]{40}", // Sourcegraph
  "sq[uap]_[0-9a-f]{40}", // SonarQube
  "bkua_[0-9a-f]{40}", // Buildkite
  "CCIPAT_[A-Za-z0-9]{20,24}_[0-9a-f]{40}", // CircleCI
  "API-[A-Z0-9]{26}", // Octopus Deploy
  "ico-[A-Za-z0-9]{32}", // Infracost
  "pnu_[A-Za-z0-9]{36}", // Prefect
  "sntrys_eyJ[\\w+/=-]{80,400}", // Sentry
  "sntryu_[0-9a-f]{64}", // Sentry
  "lin_(?:api|oauth)_[A-Za-z0-9]{40}", // Linear
  "PMAK-[0-9a-f]{24}-[0-9a-f]{34}", // Postman
  "figd_[\\w-]{40,64}", // Figma
  "ntn_\\d{11}[A-Za-z0-9]{35}", // Notion
  "secret_[A-Za-z0-9]{43}", // Notion
  "pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}", // Airtable
  // Models
  "sk-ant-[a-z0-9]{2,12}-[\\w-]{80,120}", // Anthropic
  "sk-(?:proj|svcacct|admin|None)-[\\w-]{40,220}", // OpenAI
  "sk-or-v1-[0-9a-f]{64}", // OpenRouter
  "sk-[A-Za-z0-9]{32,64}", // OpenAI, DeepSeek, Moonshot and others
  "hf_[A-Za-z]{34}", // Hugging Face
  "api_org_[A-Za-z]{34}", // Hugging Face
  "gsk_[A-Za-z0-9]{52}", // Groq
  "xai-[A-Za-z0-9]{80}", // xAI
  "r8_[A-Za-z0-9]{37}", // Replicate
  "pplx-[A-Za-z0-9]{48,56}", // Perplexity
  "pcsk_\\w{60,80}", // Pinecone
  // Payment and shops
  "sk_(?:live|test|prod)_[A-Za-z0-9]{10,99}", // Stripe
  "rk_(?:live|test|prod)_[A-Za-z0-9]{10,99}", // Stripe
  "whsec_[A-Za-z0-9+/=]{24,64}", // Stripe webhooks
  "sq0(?:atp|csp|idp)-[\\w-]{22,43}", // Square
  "EAAA[\\w-]{56,64}", // Square
  "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", // Shopify
  "rzp_(?:live|test)_[A-Za-z0-9]{14,24}", // Razorpay
  "FLWSECK(?:_TEST)?-[0-9a-h]{12,32}(?:-X)?", // Flutterwave
  "access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f-]{27}", // Plaid
  "EZ[AT]K[A-Za-z0-9]{54}", // EasyPost
  "shippo_(?:live|test)_[0-9a-f]{40}", // Shippo
  "duffel_(?:test|live)_[\\w=-]{43}", // Duffel
  // Messages and mail
  "xox[bp]-\\d{8,14}-\\d{8,14}(?:-\\d{8,14})?-[A-Za-z0-9-]{20,40}", // Slack
  "xox[abpors]-(?:\\d-)?\\d{8,14}-[A-Za-z0-9-]{16,80}", // Slack
  "xoxe\\.xox[bp]-\\d-[A-Za-z0-9]{120,200}", // Slack
  "xoxe-\\d-[A-Za-z0-9]{120,200}", // Slack
  "xapp-\\d-[A-Z0-9]{8,16}-\\d{8,16}-[a-z0-9]{32,80}", // Slack
  "SG\\.[\\w-]{16,32}\\.[\\w-]{32,64}", // SendGrid
  "SK[0-9a-f]{32}", // Twilio
  "key-[0-9a-f]{32}", // Mailgun
  "xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}", // Brevo
  "xsmtpsib-[0-9a-f]{64}-[A-Za-z0-9]{16}", // Brevo
  "EAA[A-Za-z0-9]{60,300}", // Facebook
  // Monitoring and secrets
  "hv[sbr]\\.[\\w-]{24,300}", // Vault
  "dp\\.(?:pt|st(?:\\.[\\w-]{2,35})?|ct|sa|scim|audit)\\.[A-Za-z0-9]{40,44}", // Doppler
  "dt0[a-z]\\d\\d\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}", // Dynatrace
  "gl(?:c_[A-Za-z0-9+/]{32,400}={0,2}|sa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8})", // Grafana
  "NR(?:AK|II|JS|AL)-[A-Za-z0-9-]{19,40}", // New Relic
  "AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", // age
  "ops_eyJ[\\w+/=-]{200,2000}", // 1Password
  "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}", // 1Password
  // Others
  "aio_[A-Za-z0-9]{28}", // Adafruit
  "CFPAT-[\\w-]{43}", // Contentful
  "fio-u-[\\w-]{64}", // Frame.io
  "live_(?:pub_)?[0-9a-f]{35}", // Lob
  "test_(?:pub_)?[0-9a-f]{35}", // Lob
  "rdme_[a-z0-9]{70}", // ReadMe
  "tfp_[\\w-]{40}_[\\w-]{14}", // Typeform
  "s-s4t2(?:ud|af)-[0-9a-f]{64}", // 42 Intra
  "waka_[0-9a-f]{8}-[0-9a-f-]{27}", // WakaTime
  // A JSON Web Token: three base 64 parts, the first a JSON object
  "eyJ[\\w-]{8,1000}\\.[\\w-]{8,2000}\\.[\\w-]{0,1000}",
];

// Prefixes that end in a mark that is not part of a token: the token behind it is what is found first.
const DOTTED =
  /(?:^|[^\w.])((?:xoxe|ya29|SG|hv[sbr]|dp\.(?:pt|st(?:\.[\w-]{2,35})?|ct|sa|scim|audit)|v1|sha256~|dt0[a-z]\d\d)[.~]?)$/;

const BY_PREFIX = new Map<string, RegExp>();
for (const prefix of new Set(FORMS.map((form) => form.slice(0, 2)))) {
  const forms = FORMS.filter((form) => form.startsWith(prefix));
  BY_PREFIX.set(prefix, new RegExp(`(?:${forms.join("|")})(?![\\w-])`, "y"));
}

/** Finds keys and tokens of the services that mark theirs, and JSON Web Tokens. */
export const vendorToken: Detector = {
  type: "SECRET",
  name: "vendor_token",
  triggers: [{ token: 18 }],
  left: 48,
  right: 4_096,
  version: "1",
  verify({ text, start }) {
    const before = text[start - 1];
    let from = start;
    if (before === "." || before === "~") {
      from -= DOTTED.exec(text.slice(0, start))?.[1]?.length ?? 0;
    }
    const pattern = BY_PREFIX.get(text.slice(from, from + 2));
    if (pattern === undefined || !isBreak(text, from - 1)) return undefined;
    pattern.lastIndex = from;
    const token = pattern.exec(text)?.[0];
    if (token === undefined || !isRandom(token, 2.5)) return undefined;
    return { start: from, end: from + token.length, score: 0.97, reason: "prefix" };
  },
};
