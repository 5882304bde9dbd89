// Connects SillyTavern to the gateway before its first start. Later settings are the person's own: never touched.
import fs from 'node:fs';

const [connection, settings] = process.argv.slice(2);
if (!fs.existsSync(settings)) {
    const upstream = JSON.parse(fs.readFileSync('default/content/settings.json', 'utf8'));
    const { oai_settings, ...others } = JSON.parse(fs.readFileSync(connection, 'utf8'));
    const merged = { ...upstream, ...others, oai_settings: { ...upstream.oai_settings, ...oai_settings } };
    fs.writeFileSync(settings, JSON.stringify(merged, null, 4));
}
