// Checks pages that the program has written: axe-core in headless Chromium, light and dark, on a phone and on a desktop,
// with everything unfolded. By hand, where the program's own tests do not need node:
//
//   npm install --no-save axe-core puppeteer-core
//   node tests/pages/axe.cjs map.html proof.html outcome.html
//
// Prints a line for each look and ends with 1 where something is wrong, or where a page is wider than its window.
const fs = require('fs');
const path = require('path');
const puppeteer = require('puppeteer-core');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const chromium = process.env.CHROMIUM || '/usr/bin/chromium';

async function look(browser, file, scheme, width) {
  const page = await browser.newPage();
  // The pages forbid themselves to load anything, the checker included.
  await page.setBypassCSP(true);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto('file://' + path.resolve(file));
  await page.evaluate(() => document.querySelectorAll('details').forEach((part) => { part.open = true; }));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run());
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.close();
  const found = violations.map((one) => `${one.id} at ${one.nodes.map((node) => node.target).join(' and ')}`);
  if (wide > width) found.push(`${wide} pixels wide`);
  console.log(`${file}, ${scheme}, ${width}: ${found.length ? found.join('; ') : 'nothing'}`);
  return found.length;
}

(async () => {
  const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox'] });
  let wrong = 0;
  for (const file of process.argv.slice(2)) {
    for (const scheme of ['light', 'dark']) {
      for (const width of [375, 1440]) wrong += await look(browser, file, scheme, width);
    }
  }
  await browser.close();
  process.exit(wrong ? 1 : 0);
})();
