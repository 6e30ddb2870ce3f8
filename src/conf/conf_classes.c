/*
 * conf_classes.c - ready-made sets of requests that should not wake a trace, for `class:` in rules.
 *
 * Constant data; any thread. A class is opt-in: without a rule that names it, it does nothing.
 * Not here: matching (room route) and expanding (decode_rules.c).
 */
#include "conf_fields.h"

static const char *const health_agents[] = {
    "ELB-HealthChecker",
    "kube-probe",
    "GoogleHC",
    "GoogleStackdriverMonitoring",
    "Envoy/HC",
    "HAProxy-healthcheck",
    "Consul Health Check",
    "Amazon-Route53-Health-Check",
    "Load Balancer Agent",
    NULL,
};

static const char *const monitor_agents[] = {
    "UptimeRobot", "Uptime-Kuma",       "Pingdom",
    "StatusCake",  "Better Uptime Bot", "Better Stack",
    "Site24x7",    "NodePing",          "Datadog/Synthetics",
    "HetrixTools", "Blackbox Exporter", "updown.io",
    "Checkly",     "FreshpingBot",      "check_http",
    NULL,
};

static const char *const preview_agents[] = {
    "Slackbot-LinkExpanding",
    "Slack-ImgProxy",
    "Twitterbot",
    "facebookexternalhit",
    "Discordbot",
    "WhatsApp/",
    "TelegramBot",
    "LinkedInBot",
    "SkypeUriPreview",
    "Mattermost-Bot",
    "Iframely",
    "redditbot",
    "Embedly",
    "Applebot",
    "MicrosoftPreview",
    "Google-PageRenderer",
    NULL,
};

static const char *const noise_paths[] = {
    "/favicon.ico",
    "/favicon.svg",
    "/favicon-*.png",
    "/robots.txt",
    "/apple-touch-icon*.png",
    "/browserconfig.xml",
    "/.well-known/appspecific/*",
    "/.well-known/traffic-advice",
    "/.well-known/security.txt",
    "/ads.txt",
    "/sitemap.xml",
    NULL,
};

static const char *const scanner_paths[] = {
    "/.env",
    "/.env.*",
    "*/.env",
    "/.git/*",
    "*/.git/config",
    "/.svn/*",
    "/.aws/*",
    "/.ssh/*",
    "/.DS_Store",
    "/.vscode/*",
    "/wp-login.php",
    "/wp-admin*",
    "/wp-content/*",
    "/wp-includes/*",
    "*/xmlrpc.php",
    "*/phpmyadmin*",
    "*/phpinfo.php",
    "/vendor/phpunit/*",
    "/cgi-bin/*",
    "/boaform/*",
    "/HNAP1*",
    "/actuator/gateway/*",
    "/solr/admin/*",
    "/_ignition/*",
    "/owa/auth/*",
    "/server-status",
    "/autodiscover/*",
    "/.vite/*",
    NULL,
};

static const char *const scanner_agents[] = {
    "zgrab",
    "masscan",
    "Nuclei",
    "Nmap Scripting Engine",
    "CensysInspect",
    "Expanse",
    "InternetMeasurement",
    "sqlmap",
    "Nikto",
    "l9explore",
    "l9tcpid",
    NULL,
};

static const struct wp_conf_class_match health_checks[] = {{.user_agents = health_agents}};
static const struct wp_conf_class_match monitors[] = {{.user_agents = monitor_agents}};
static const struct wp_conf_class_match link_previews[] = {{.user_agents = preview_agents}};
static const struct wp_conf_class_match prefetch[] = {
    {.header_name = "Sec-Purpose", .header_value = "prefetch"},
    {.header_name = "Purpose", .header_value = "prefetch"},
    {.header_name = "X-Moz", .header_value = "prefetch"},
};
static const struct wp_conf_class_match browser_noise[] = {{.paths = noise_paths}};
static const struct wp_conf_class_match scanners[] = {
    {.paths = scanner_paths},
    {.user_agents = scanner_agents},
};

static const struct wp_conf_class classes[] = {
    {
        .name = "health_checks",
        .help = "health checks of load balancers and orchestrators",
        .status = 200,
        .matches = health_checks,
        .match_count = WP_ARRAY_SIZE(health_checks),
    },
    {
        .name = "monitors",
        .help = "uptime monitors",
        .status = 200,
        .matches = monitors,
        .match_count = WP_ARRAY_SIZE(monitors),
    },
    {
        .name = "link_previews",
        .help = "chat and social services that fetch a link someone posted",
        .status = 503,
        .matches = link_previews,
        .match_count = WP_ARRAY_SIZE(link_previews),
    },
    {
        .name = "prefetch",
        .help = "pages a browser fetches before anyone asked for them",
        .status = 503,
        .matches = prefetch,
        .match_count = WP_ARRAY_SIZE(prefetch),
    },
    {
        .name = "browser_noise",
        .help = "icons and well-known files that browsers and crawlers ask for by themselves",
        .status = 404,
        .matches = browser_noise,
        .match_count = WP_ARRAY_SIZE(browser_noise),
    },
    {
        .name = "scanners",
        .help = "vulnerability scanners",
        .status = 404,
        .matches = scanners,
        .match_count = WP_ARRAY_SIZE(scanners),
    },
};

const struct wp_conf_class *wp_conf_class_at(size_t index)
{
    return index < WP_ARRAY_SIZE(classes) ? &classes[index] : NULL;
}
