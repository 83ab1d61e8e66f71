(() => {
  "use strict";
  const form = document.querySelector(".picker");
  const picked = document.getElementById("picked");
  const only = document.getElementById("only");
  const said = document.getElementById("said");
  const files = [...document.querySelectorAll(".file")];
  const show = () => {
    const number = picked.value;
    document.body.classList.toggle("picking", number !== "");
    for (const file of files) {
      let has = false;
      for (const mark of file.querySelectorAll(".mark")) {
        const is = number !== "" && mark.dataset.service === number;
        mark.classList.toggle("picked", is);
        has = has || is;
      }
      file.classList.toggle("has", has);
      file.hidden = number !== "" && only.checked && !has;
    }
    const option = picked.selectedOptions[0];
    said.textContent = option && option.dataset.said ? option.textContent + ": " + option.dataset.said : "";
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  picked.addEventListener("change", show);
  only.addEventListener("change", show);
  window.addEventListener("hashchange", () => {
    const found = /^#service-([0-9]+)$/.exec(location.hash);
    if (found) {
      picked.value = found[1];
      show();
    }
  });
  show();
})();
